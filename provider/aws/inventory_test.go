package aws

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho"
)

const inventoryFile = `{
 "UserDetailList": [
  {"UserName":"alice","UserId":"AIDAALICE","Arn":"arn:aws:iam::444455556666:user/alice","GroupList":["admins"],"AttachedManagedPolicies":[]},
  {"UserName":"bob","UserId":"AIDABOB","Arn":"arn:aws:iam::444455556666:user/bob","GroupList":[],
   "UserPolicyList":[{"PolicyName":"p","PolicyDocument":{"Statement":{"Effect":"Allow","Action":"iam:CreateAccessKey","Resource":"arn:aws:iam::*:user/carol"}}}]},
  {"UserName":"carol","UserId":"AIDACAROL","Arn":"arn:aws:iam::444455556666:user/carol","AttachedManagedPolicies":[{"PolicyName":"AdministratorAccess","PolicyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}],
   "PermissionsBoundary":{"PermissionsBoundaryType":"Policy","PermissionsBoundaryArn":"arn:aws:iam::444455556666:policy/readers"}},
  {"UserName":"dave","UserId":"AIDADAVE","Arn":"arn:aws:iam::444455556666:user/dave","AttachedManagedPolicies":[{"PolicyArn":"arn:aws:iam::444455556666:policy/absent"}]},
  {"UserName":"erin","UserId":"AIDAERIN","Arn":"arn:aws:iam::444455556666:user/erin"}
 ],
 "GroupDetailList": [
  {"GroupName":"admins","GroupId":"AGPA","Arn":"arn:aws:iam::444455556666:group/admins","AttachedManagedPolicies":[{"PolicyArn":"arn:aws:iam::444455556666:policy/all"}]}
 ],
 "RoleDetailList": [
  {"RoleName":"deployer","RoleId":"AROADEPLOYER","Arn":"arn:aws:iam::444455556666:role/ci/deployer",
   "AssumeRolePolicyDocument":{"Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com","AWS":"arn:aws:iam::999988887777:root","Federated":"token.example"},"Action":"sts:AssumeRole"}]},
   "RolePolicyList":[{"PolicyName":"p","PolicyDocument":{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}}],
   "AttachedManagedPolicies":[{"PolicyArn":"arn:aws:iam::444455556666:policy/readers"}]}
 ],
 "Policies": [
  {"Arn":"arn:aws:iam::444455556666:policy/all","DefaultVersionId":"v2","PolicyVersionList":[
   {"VersionId":"v1","IsDefaultVersion":false,"Document":{"Statement":[]}},
   {"VersionId":"v2","IsDefaultVersion":true,"Document":"%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22%2A%22%2C%22Resource%22%3A%22%2A%22%7D%7D"}]},
  {"Arn":"arn:aws:iam::444455556666:policy/readers","DefaultVersionId":"v1","PolicyVersionList":[
   {"VersionId":"v1","IsDefaultVersion":true,"Document":{"Statement":{"Effect":"Allow","Action":["s3:Get*"],"Resource":"*"}}}]}
 ]
}`

func TestReadInventory(t *testing.T) {
	entries, err := ReadInventory(strings.NewReader(inventoryFile))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, fmt.Sprintf("%s %s %s %d %v %v", e.Identity.Type, e.Identity.ID, e.Identity.Account, e.Power, e.TrustsAccounts, e.TrustsServices))
	}
	want := []string{
		"user AIDAALICE 444455556666 3 [] []", // administrator through a group and the version in force
		"user AIDABOB 444455556666 2 [] []",   // makes keys for one other
		"user AIDACAROL 444455556666 1 [] []", // administrator, but for the boundary
		"user AIDADAVE 444455556666 0 [] []",  // holds a policy that the file lacks: unknown
		"user AIDAERIN 444455556666 1 [] []",  // holds nothing
		"role AROADEPLOYER 444455556666 1 [999988887777] [lambda.amazonaws.com token.example]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if len(entries) == 6 && entries[5].Identity != (sekisho.Ref{ID: "AROADEPLOYER", Name: "deployer", ARN: "arn:aws:iam::444455556666:role/ci/deployer", Account: "444455556666", Type: "role"}) {
		t.Errorf("role is %+v", entries[5].Identity)
	}
}

// Pages one after another are one inventory: a group of one page serves users
// of another.
func TestReadInventoryPages(t *testing.T) {
	entries, err := ReadInventory(strings.NewReader(
		`{"UserDetailList":[{"UserName":"alice","UserId":"AIDAALICE","Arn":"arn:aws:iam::444455556666:user/alice","GroupList":["ops"]}]}
		 {"GroupDetailList":[{"GroupName":"ops","Arn":"arn:aws:iam::444455556666:group/ops","AttachedManagedPolicies":[{"PolicyArn":"arn:aws:iam::aws:policy/IAMFullAccess"}]}]}`))
	if err != nil || len(entries) != 1 || entries[0].Power != sekisho.PowerAdmin {
		t.Errorf("entries %+v, %v", entries, err)
	}
}

func TestReadInventoryErrors(t *testing.T) {
	for _, c := range []struct{ what, file, says string }{
		{"empty", ``, "get-account-authorization-details"},
		{"not JSON", `users: []`, "get-account-authorization-details"},
		{"cut short", `{"UserDetailList":[`, "document 1"},
		{"another file", `{"Records":[]}`, "$.UserDetailList"},
		{"a wrong type", `{"UserDetailList":[{"UserName":1}]}`, "$.UserDetailList"},
	} {
		_, err := ReadInventory(strings.NewReader(c.file))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want it to say %q", c.what, err, c.says)
		}
	}
}

// endless is spaces without end, which JSON permits before a value.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

func TestReadInventoryIsCapped(t *testing.T) {
	_, err := readInventory(io.MultiReader(strings.NewReader(`{"UserDetailList":[{"UserName":"a"}]}`), endless{}), 2<<20)
	if err == nil || !strings.Contains(err.Error(), "larger than 2 MiB") {
		t.Errorf("error %v", err)
	}
}

func TestActions(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range Actions {
		if !strings.HasPrefix(a.Name, "aws.") || a.Target == "" || a.Effect == "" || len(a.Calls) == 0 {
			t.Errorf("%q is incomplete: %+v", a.Name, a)
		}
		if !a.Reversible {
			t.Errorf("%s is irreversible: nothing irreversible may be planned", a.Name)
		}
		if seen[a.Name] {
			t.Errorf("%s stands twice", a.Name)
		}
		seen[a.Name] = true
		for _, name := range a.Calls {
			service, action, _ := strings.Cut(name, ":")
			if level, _ := classify(service, action); !level.Changes() {
				t.Errorf("%s is made by %s, which changes nothing (%v)", a.Name, name, level)
			}
			if strings.HasPrefix(action, "Delete") || strings.HasPrefix(action, "Terminate") {
				t.Errorf("%s is made by %s: deletion is for people", a.Name, name)
			}
		}
	}
}
