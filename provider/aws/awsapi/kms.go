package awsapi

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/sekisho/sekisho/store"
)

// keyContext is bound to each wrapped key, so that the trail says what it was
// unwrapped for, and a policy can allow just that.
var keyContext = map[string]string{"purpose": "sekisho data folder"}

// KeyWrapper wraps the keys of a data folder with a key of KMS, which it needs
// kms:Encrypt (to make a key) and kms:Decrypt (at each start) for.
func KeyWrapper(ctx context.Context, s Session, key string) (*store.Wrapper, error) {
	c, err := s.Config(ctx)
	if err != nil {
		return nil, err
	}
	api := kms.NewFromConfig(c)
	return &store.Wrapper{Name: key,
		Wrap: func(ctx context.Context, plain []byte) ([]byte, error) {
			out, err := api.Encrypt(ctx, &kms.EncryptInput{KeyId: &key, Plaintext: plain, EncryptionContext: keyContext})
			if err != nil {
				return nil, fmt.Errorf("%w; this identity needs kms:Encrypt on the key", err)
			}
			return out.CiphertextBlob, nil
		},
		Unwrap: func(ctx context.Context, wrapped []byte) ([]byte, error) {
			out, err := api.Decrypt(ctx, &kms.DecryptInput{KeyId: &key, CiphertextBlob: wrapped, EncryptionContext: keyContext})
			if err != nil {
				return nil, fmt.Errorf("%w; this identity needs kms:Decrypt on the key", err)
			}
			return out.Plaintext, nil
		}}, nil
}
