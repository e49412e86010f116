package aws

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Digest is what CloudTrail says each hour of the log files that it has delivered: their
// names and hashes, and those of the digest before, signed ("CloudTrail digest file
// structure" of its user guide).
type Digest struct {
	Account   string    `json:"awsAccountId"`
	End       string    `json:"digestEndTime"` // as it is signed
	Start     time.Time `json:"digestStartTime"`
	Bucket    string    `json:"digestS3Bucket"`
	Object    string    `json:"digestS3Object"`
	Key       string    `json:"digestPublicKeyFingerprint"`
	Algorithm string    `json:"digestSignatureAlgorithm"`

	PreviousBucket    string `json:"previousDigestS3Bucket"`
	PreviousObject    string `json:"previousDigestS3Object"`
	PreviousHash      string `json:"previousDigestHashValue"`
	PreviousSignature string `json:"previousDigestSignature"`

	Files []DigestFile `json:"logFiles"`
}

// DigestFile is one log file that a digest vouches for.
type DigestFile struct {
	Bucket    string `json:"s3Bucket"`
	Object    string `json:"s3Object"`
	Hash      string `json:"hashValue"` // hexadecimal, of the inflated file
	Algorithm string `json:"hashAlgorithm"`
}

// digestFilesMax caps the files of one digest: an account's region writes some hundreds
// an hour.
const digestFilesMax = 100_000

// ErrDigest says that a digest is not CloudTrail's word.
var ErrDigest = errors.New("the digest is not valid")

// ReadDigest reads a digest's inflated text. It vouches for nothing before Verify.
func ReadDigest(text []byte) (*Digest, error) {
	var d Digest
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDigest, err)
	}
	if d.End == "" || d.Bucket == "" || d.Object == "" || len(d.Files) > digestFilesMax {
		return nil, fmt.Errorf("%w: it lacks what a digest has", ErrDigest)
	}
	return &d, nil
}

// Verify holds a digest's text, found under a name, against its signature (hexadecimal,
// of the object's metadata) and CloudTrail's public key (PKCS #1, DER).
func (d *Digest) Verify(text []byte, bucket, key, signature string, publicKey []byte) error {
	if d.Bucket != bucket || d.Object != key {
		return fmt.Errorf("%w: it says that it is %s/%s", ErrDigest, d.Bucket, d.Object)
	}
	if d.Algorithm != "" && d.Algorithm != "SHA256withRSA" {
		return fmt.Errorf("%w: it is signed by %q", ErrDigest, d.Algorithm)
	}
	pub, err := x509.ParsePKCS1PublicKey(publicKey)
	if err != nil {
		return fmt.Errorf("read CloudTrail's public key: %w", err)
	}
	given, err := hex.DecodeString(signature)
	if err != nil || len(given) == 0 {
		return fmt.Errorf("%w: it has no signature", ErrDigest)
	}
	content := sha256.Sum256(text)
	previous := d.PreviousSignature
	if previous == "" {
		previous = "null"
	}
	signed := sha256.Sum256([]byte(d.End + "\n" + bucket + "/" + key + "\n" + hex.EncodeToString(content[:]) + "\n" + previous))
	if err := rsa.VerifyPKCS1v15(pub, crypto.SHA256, signed[:], given); err != nil {
		return fmt.Errorf("%w: its signature is not CloudTrail's", ErrDigest)
	}
	return nil
}
