package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// Keys seal what is at rest: records, checkpoints and documents. The newest key
// seals; older ones still open, so that a key is changed by adding one. Sealing is
// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), whose nonces may be drawn at
// random for as long as a key lives; what is sealed is bound to its place, so that
// nobody can put one entry where another was.
type Keys struct {
	newest  uint32
	ciphers map[uint32]cipher.AEAD
}

// keySize is that of a key, in bytes.
const keySize = chacha20poly1305.KeySize

// keysMost bounds a key file: one key a month for twenty years.
const keysMost = 256

// Wrapper keeps keys from lying open in a file: a key management service. Nil
// functions mean that the file itself is the secret.
type Wrapper struct {
	Name   string // names the key that wraps: a line that another one wrapped is refused with both names
	Wrap   func(ctx context.Context, key []byte) ([]byte, error)
	Unwrap func(ctx context.Context, wrapped []byte) ([]byte, error)
}

// errKey is why a key file cannot be used.
var errKey = errors.New("the key file cannot be used")

// LoadKeys reads a key file, and makes one with a fresh key where there is none. Each
// line is a key: its wrapper's name, "local" for none, and its base64, the last one
// the newest. The file is readable by its owner only.
func LoadKeys(ctx context.Context, path string, w *Wrapper) (*Keys, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return AddKey(ctx, path, w)
	}
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w; it must be readable by this user, or named with encryption.key_file", err)
	}
	return parseKeys(ctx, path, text, w)
}

// AddKey appends a fresh key to the key file: what is written from then on is sealed
// with it.
func AddKey(ctx context.Context, path string, w *Wrapper) (*Keys, error) {
	key := make([]byte, keySize)
	rand.Read(key)
	name, kept := "local", key
	if w != nil {
		var err error
		if kept, err = w.Wrap(ctx, key); err != nil {
			return nil, fmt.Errorf("wrap a new key with %s: %w", w.Name, err)
		}
		name = w.Name
	}
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	if len(old) > 0 && old[len(old)-1] != '\n' {
		old = append(old, '\n')
	}
	text := append(old, name+" "+base64.StdEncoding.EncodeToString(kept)+"\n"...)
	k, err := parseKeys(ctx, path, text, w)
	if err != nil {
		return nil, err
	}
	// A half-written key file would lose all that is sealed: the new one is whole and
	// synced before it takes the old one's place.
	f, err := os.CreateTemp(filepath.Dir(path), ".keys-")
	if err != nil {
		return nil, fmt.Errorf("write the key file: %w", err)
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return nil, fmt.Errorf("write the key file: %w", err)
	}
	return k, nil
}

func parseKeys(ctx context.Context, path string, text []byte, w *Wrapper) (*Keys, error) {
	k := &Keys{ciphers: map[uint32]cipher.AEAD{}}
	in := bufio.NewScanner(bytes.NewReader(text))
	in.Buffer(nil, 64<<10)
	for n := 1; in.Scan(); n++ {
		line := strings.TrimSpace(in.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		bad := func(why string) error {
			return fmt.Errorf("%w: %s, line %d: %s", errKey, path, n, why)
		}
		name, digits, ok := strings.Cut(line, " ")
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(digits))
		if !ok || err != nil {
			return nil, bad("it is not a name and base64; restore the file from a copy")
		}
		switch {
		case name == "local" && w == nil:
		case name == "local":
			// An operator who moves to a key service goes on reading what was sealed before.
		case w == nil:
			return nil, bad("the key is wrapped by " + name + "; name that with encryption.kms_key")
		case name != w.Name:
			return nil, bad("the key is wrapped by " + name + ", the configuration names " + w.Name)
		default:
			if raw, err = w.Unwrap(ctx, raw); err != nil {
				return nil, fmt.Errorf("unwrap the key of line %d of %s with %s: %w", n, path, w.Name, err)
			}
		}
		if len(raw) != keySize {
			return nil, bad(fmt.Sprintf("the key has %d bytes and not %d", len(raw), keySize))
		}
		c, err := chacha20poly1305.NewX(raw)
		if err != nil {
			return nil, bad(err.Error())
		}
		if len(k.ciphers) >= keysMost {
			return nil, bad(fmt.Sprintf("more than %d keys", keysMost))
		}
		sum := sha256.Sum256(raw)
		k.newest = binary.BigEndian.Uint32(sum[:])
		k.ciphers[k.newest] = c
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", errKey, path, err)
	}
	if len(k.ciphers) == 0 {
		return nil, fmt.Errorf("%w: %s holds no key; restore it from a copy, for without it nothing that was sealed can be read", errKey, path)
	}
	return k, nil
}

// sealing is how much longer sealed text is: key id, nonce, tag.
const sealing = 4 + chacha20poly1305.NonceSizeX + chacha20poly1305.Overhead

// seal appends text, sealed for a place, to dst.
func (k *Keys) seal(dst, place, text []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, k.newest)
	at := len(dst)
	dst = append(dst, make([]byte, chacha20poly1305.NonceSizeX)...)
	rand.Read(dst[at:])
	return k.ciphers[k.newest].Seal(dst, dst[at:at+chacha20poly1305.NonceSizeX], text, place)
}

// open appends what was sealed for a place to dst.
func (k *Keys) open(dst, place, sealed []byte) ([]byte, error) {
	if len(sealed) < sealing {
		return nil, errDamaged
	}
	id, nonce, text := binary.BigEndian.Uint32(sealed), sealed[4:4+chacha20poly1305.NonceSizeX], sealed[4+chacha20poly1305.NonceSizeX:]
	c := k.ciphers[id]
	if c == nil {
		return nil, fmt.Errorf("it is sealed with the key %08x, which the key file does not hold; restore the key file from a copy", id)
	}
	out, err := c.Open(dst, nonce, text, place)
	if err != nil {
		return nil, errDamaged
	}
	return out, nil
}
