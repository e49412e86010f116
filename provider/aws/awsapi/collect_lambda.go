package awsapi

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/sekisho/sekisho/provider/aws"
)

// lambdaCalls are the operations of Lambda that are used.
type lambdaCalls struct {
	functions   func(context.Context, *lambda.ListFunctionsInput, ...func(*lambda.Options)) (*lambda.ListFunctionsOutput, error)
	aliases     func(context.Context, *lambda.ListAliasesInput, ...func(*lambda.Options)) (*lambda.ListAliasesOutput, error)
	versions    func(context.Context, *lambda.ListVersionsByFunctionInput, ...func(*lambda.Options)) (*lambda.ListVersionsByFunctionOutput, error)
	triggers    func(context.Context, *lambda.ListEventSourceMappingsInput, ...func(*lambda.Options)) (*lambda.ListEventSourceMappingsOutput, error)
	urls        func(context.Context, *lambda.ListFunctionUrlConfigsInput, ...func(*lambda.Options)) (*lambda.ListFunctionUrlConfigsOutput, error)
	policy      func(context.Context, *lambda.GetPolicyInput, ...func(*lambda.Options)) (*lambda.GetPolicyOutput, error)
	concurrency func(context.Context, *lambda.GetFunctionConcurrencyInput, ...func(*lambda.Options)) (*lambda.GetFunctionConcurrencyOutput, error)
}

func newLambdaCalls(c *lambda.Client) lambdaCalls {
	return lambdaCalls{c.ListFunctions, c.ListAliases, c.ListVersionsByFunction, c.ListEventSourceMappings, c.ListFunctionUrlConfigs, c.GetPolicy, c.GetFunctionConcurrency}
}

const (
	// functionPages bounds the pages of what one function has: versions, aliases.
	functionPages = 40
	// versionsKept is how many of a function's newest versions its document tells.
	versionsKept = 50
)

// The document of a function: members have the names that the command line's output
// gives them. State and status are left out, they change by themselves.
type (
	functionDocument struct {
		Configuration       configurationDocument
		Aliases             []aliasDocument   `json:",omitempty"`
		Versions            []publishedVer    `json:",omitempty"`
		EventSourceMappings []mappingDocument `json:",omitempty"`
		FunctionURLConfigs  []urlDocument     `json:"FunctionUrlConfigs,omitempty"`
		Policy              json.RawMessage   `json:",omitempty"`
		// ReservedConcurrentExecutions is absent where none is reserved; 0 stops it.
		ReservedConcurrentExecutions *int32   `json:",omitempty"`
		Unread                       []string `json:",omitempty"`
	}
	configurationDocument struct {
		FunctionName, FunctionArn  string
		Role, CodeSha256, Version  string
		Handler, Runtime           string   `json:",omitempty"`
		PackageType, RevisionID    string   `json:",omitempty"`
		LastModified, KMSKeyArn    string   `json:",omitempty"`
		Timeout, MemorySize        int32    `json:",omitempty"`
		Layers                     []string `json:",omitempty"`
		ImageEntryPoint            []string `json:",omitempty"`
		ImageCommand               []string `json:",omitempty"`
		SubnetIDs                  []string `json:",omitempty"`
		SecurityGroupIDs           []string `json:",omitempty"`
		DeadLetterTarget, Tracing  string   `json:",omitempty"`
		FileSystems, Architectures []string `json:",omitempty"`
		// Environment has a hash of each value, which tells that it changed and not
		// what it is.
		Environment map[string]string `json:",omitempty"`
	}
	aliasDocument struct {
		Name, AliasArn, FunctionVersion, RevisionID string
		AdditionalVersionWeights                    map[string]float64 `json:",omitempty"`
	}
	publishedVer    struct{ Version, CodeSha256, Role, LastModified string }
	mappingDocument struct {
		UUID, EventSourceArn, FunctionArn string
		Enabled                           bool
		BatchSize                         int32 `json:",omitempty"`
	}
	urlDocument struct {
		FunctionURL  string `json:"FunctionUrl"`
		FunctionArn  string
		AuthType     string
		AllowOrigins []string `json:",omitempty"`
	}
)

// readFunctions reads the functions of the region, with all that decides what they
// run, as whom, and who can make them.
func (c *Collector) readFunctions(ctx context.Context, r *aws.InventoryReading, of *scope) {
	const permission = "lambda:ListFunctions"
	var list []types.FunctionConfiguration
	in := &lambda.ListFunctionsInput{}
	for page := 1; ; page++ {
		out, err := call(ctx, c.pace, permission, c.lambda.functions, in)
		if err == nil && page == pagesMost {
			err = fmt.Errorf("more than %d pages; please report it", pagesMost)
		}
		if err != nil {
			r.Failed = append(r.Failed, aws.InventoryFailure{What: permission, Err: fmt.Errorf("read the functions of %s in %s: %w", c.account, c.region, err)})
			return
		}
		list = append(list, out.Functions...)
		if sdk.ToString(out.NextMarker) == "" {
			break
		}
		in.Marker = out.NextMarker
	}
	f := functionReader{c: c, trouble: newTrouble(r)}
	mappings, unread, ok := f.mappings(ctx)
	if !ok {
		return
	}
	seen := map[string]bool{}
	for i := range list {
		d := functionDocument{Configuration: configuration(&list[i]), Unread: slices.Clone(unread)}
		name := d.Configuration.FunctionArn
		k := key(aws.InventoryFunction, c.region, name)
		seen[k] = true
		listed := sum(&d.Configuration)
		if was, ok := c.details[k]; ok && was.listed == listed && !of.wants(name, d.Configuration.FunctionName) {
			kept := was.function
			kept.Configuration, kept.Unread = d.Configuration, d.Unread
			d = kept
		} else {
			delete(c.details, k)
			read := f.details(ctx, name, &d)
			if ctx.Err() != nil || f.trouble.enough() {
				return
			}
			if !read {
				continue
			}
			if len(d.Unread) == len(unread) {
				c.details[k] = details{listed: listed, function: d}
			}
		}
		d.EventSourceMappings = mappings[name]
		raw, err := json.Marshal(&d)
		if err != nil {
			r.Failed = append(r.Failed, aws.InventoryFailure{What: name, Err: fmt.Errorf("write what was read of %s: %w; please report it", name, err)})
			continue
		}
		r.Items = append(r.Items, aws.InventoryItem{Kind: aws.InventoryFunction, ID: name, Document: raw})
	}
	if f.trouble.none() {
		r.Whole = append(r.Whole, aws.InventoryFunction)
		c.forget(aws.InventoryFunction, seen)
	}
}

// functionReader reads what functions have beside their configuration.
type functionReader struct {
	c       *Collector
	trouble *trouble
}

// mappings are the triggers of the region's functions that poll, by function.
func (f *functionReader) mappings(ctx context.Context) (by map[string][]mappingDocument, unread []string, ok bool) {
	by = map[string][]mappingDocument{}
	ok = f.trouble.read("lambda:ListEventSourceMappings", "EventSourceMappings", "the functions of "+f.c.region, &unread, func(permission string) error {
		return f.readMappings(ctx, permission, by)
	})
	for _, list := range by {
		slices.SortFunc(list, func(a, b mappingDocument) int { return cmp.Compare(a.UUID, b.UUID) })
	}
	return by, unread, ok
}

func (f *functionReader) readMappings(ctx context.Context, permission string, by map[string][]mappingDocument) error {
	in := &lambda.ListEventSourceMappingsInput{}
	for range pagesMost {
		out, err := call(ctx, f.c.pace, permission, f.c.lambda.triggers, in)
		if err != nil {
			return err
		}
		for _, m := range out.EventSourceMappings {
			arn := sdk.ToString(m.FunctionArn)
			state := sdk.ToString(m.State)
			d := mappingDocument{sdk.ToString(m.UUID), sdk.ToString(m.EventSourceArn), arn, state == "Enabled" || state == "Enabling" || state == "Creating", sdk.ToInt32(m.BatchSize)}
			name := unqualified(arn)
			by[name] = append(by[name], d)
		}
		if sdk.ToString(out.NextMarker) == "" {
			break
		}
		in.Marker = out.NextMarker
	}
	return nil
}

// details fills in what one function has. What may not be read is named as unread:
// a function without a policy is another thing than one whose policy was not seen.
// False where reading failed: what was told of the function last then stands.
func (f *functionReader) details(ctx context.Context, name string, d *functionDocument) bool {
	for _, part := range []struct {
		permission, member string
		read               func(permission string) error
	}{
		{"lambda:ListAliases", "Aliases", func(permission string) error { return f.aliases(ctx, permission, name, d) }},
		{"lambda:ListVersionsByFunction", "Versions", func(permission string) error { return f.versions(ctx, permission, name, d) }},
		{"lambda:ListFunctionUrlConfigs", "FunctionUrlConfigs", func(permission string) error { return f.urls(ctx, permission, name, d) }},
		{"lambda:GetPolicy", "Policy", func(permission string) error {
			out, err := call(ctx, f.c.pace, permission, f.c.lambda.policy, &lambda.GetPolicyInput{FunctionName: &name})
			if err == nil {
				d.Policy = policyText(out.Policy)
			}
			return err
		}},
		{"lambda:GetFunctionConcurrency", "ReservedConcurrentExecutions", func(permission string) error {
			out, err := call(ctx, f.c.pace, permission, f.c.lambda.concurrency, &lambda.GetFunctionConcurrencyInput{FunctionName: &name})
			if err == nil {
				d.ReservedConcurrentExecutions = out.ReservedConcurrentExecutions
			}
			return err
		}},
	} {
		if !f.trouble.read(part.permission, part.member, name, &d.Unread, part.read) {
			return false
		}
	}
	return true
}

func (f *functionReader) aliases(ctx context.Context, permission, name string, d *functionDocument) error {
	in := &lambda.ListAliasesInput{FunctionName: &name}
	for range functionPages {
		out, err := call(ctx, f.c.pace, permission, f.c.lambda.aliases, in)
		if err != nil {
			return err
		}
		for _, a := range out.Aliases {
			x := aliasDocument{Name: sdk.ToString(a.Name), AliasArn: sdk.ToString(a.AliasArn), FunctionVersion: sdk.ToString(a.FunctionVersion), RevisionID: sdk.ToString(a.RevisionId)}
			if a.RoutingConfig != nil {
				x.AdditionalVersionWeights = a.RoutingConfig.AdditionalVersionWeights
			}
			d.Aliases = append(d.Aliases, x)
		}
		if sdk.ToString(out.NextMarker) == "" {
			break
		}
		in.Marker = out.NextMarker
	}
	slices.SortFunc(d.Aliases, func(a, b aliasDocument) int { return cmp.Compare(a.Name, b.Name) })
	return nil
}

func (f *functionReader) versions(ctx context.Context, permission, name string, d *functionDocument) error {
	in := &lambda.ListVersionsByFunctionInput{FunctionName: &name}
	for range functionPages {
		out, err := call(ctx, f.c.pace, permission, f.c.lambda.versions, in)
		if err != nil {
			return err
		}
		for _, v := range out.Versions {
			if sdk.ToString(v.Version) != "$LATEST" {
				d.Versions = append(d.Versions, publishedVer{sdk.ToString(v.Version), sdk.ToString(v.CodeSha256), sdk.ToString(v.Role), sdk.ToString(v.LastModified)})
			}
		}
		if sdk.ToString(out.NextMarker) == "" {
			break
		}
		in.Marker = out.NextMarker
	}
	// Versions are numbers: the newest last.
	slices.SortFunc(d.Versions, func(a, b publishedVer) int {
		return cmp.Or(cmp.Compare(len(a.Version), len(b.Version)), cmp.Compare(a.Version, b.Version))
	})
	d.Versions = d.Versions[max(0, len(d.Versions)-versionsKept):]
	return nil
}

func (f *functionReader) urls(ctx context.Context, permission, name string, d *functionDocument) error {
	in := &lambda.ListFunctionUrlConfigsInput{FunctionName: &name}
	for range functionPages {
		out, err := call(ctx, f.c.pace, permission, f.c.lambda.urls, in)
		if err != nil {
			return err
		}
		for _, u := range out.FunctionUrlConfigs {
			x := urlDocument{FunctionURL: sdk.ToString(u.FunctionUrl), FunctionArn: sdk.ToString(u.FunctionArn), AuthType: string(u.AuthType)}
			if u.Cors != nil {
				x.AllowOrigins = u.Cors.AllowOrigins
			}
			d.FunctionURLConfigs = append(d.FunctionURLConfigs, x)
		}
		if sdk.ToString(out.NextMarker) == "" {
			break
		}
		in.Marker = out.NextMarker
	}
	slices.SortFunc(d.FunctionURLConfigs, func(a, b urlDocument) int { return cmp.Compare(a.FunctionArn, b.FunctionArn) })
	return nil
}

// configuration is a function's configuration without its secrets.
func configuration(f *types.FunctionConfiguration) configurationDocument {
	d := configurationDocument{FunctionName: sdk.ToString(f.FunctionName), FunctionArn: unqualified(sdk.ToString(f.FunctionArn)), Role: sdk.ToString(f.Role),
		CodeSha256: sdk.ToString(f.CodeSha256), Version: sdk.ToString(f.Version), Handler: sdk.ToString(f.Handler), Runtime: string(f.Runtime),
		PackageType: string(f.PackageType), RevisionID: sdk.ToString(f.RevisionId), LastModified: sdk.ToString(f.LastModified), KMSKeyArn: sdk.ToString(f.KMSKeyArn),
		Timeout: sdk.ToInt32(f.Timeout), MemorySize: sdk.ToInt32(f.MemorySize)}
	for _, l := range f.Layers { // in the order in which they are laid over each other
		d.Layers = append(d.Layers, sdk.ToString(l.Arn))
	}
	for _, a := range f.Architectures {
		d.Architectures = append(d.Architectures, string(a))
	}
	for _, s := range f.FileSystemConfigs {
		d.FileSystems = append(d.FileSystems, sdk.ToString(s.Arn))
	}
	if i := f.ImageConfigResponse; i != nil && i.ImageConfig != nil {
		d.ImageEntryPoint, d.ImageCommand = i.ImageConfig.EntryPoint, i.ImageConfig.Command
	}
	if v := f.VpcConfig; v != nil {
		d.SubnetIDs, d.SecurityGroupIDs = v.SubnetIds, v.SecurityGroupIds
	}
	if q := f.DeadLetterConfig; q != nil {
		d.DeadLetterTarget = sdk.ToString(q.TargetArn)
	}
	if t := f.TracingConfig; t != nil {
		d.Tracing = string(t.Mode)
	}
	if e := f.Environment; e != nil && len(e.Variables) > 0 {
		d.Environment = make(map[string]string, len(e.Variables))
		for k, v := range e.Variables {
			d.Environment[k] = hashed(d.FunctionArn, k, v)
		}
	}
	return d
}

// hashed stands for the value of a variable of a function's environment: enough to
// see that it changed. The function and the key are hashed with it, so that equal
// values in two places do not show. Who can guess a value can still check the
// guess: short words are no secrets.
func hashed(function, key, value string) string {
	sum := sha256.Sum256([]byte(function + "\x00" + key + "\x00" + value))
	return "sha256:" + hex.EncodeToString(sum[:8])
}

// unqualified is a function's ARN without version or alias.
func unqualified(arn string) string {
	if part := strings.SplitN(arn, ":", 8); len(part) == 8 {
		return strings.Join(part[:7], ":")
	}
	return arn
}

// accountOf is the account in an ARN, "" if the text is none.
func accountOf(arn string) string {
	if part := strings.SplitN(arn, ":", 6); len(part) == 6 && part[0] == "arn" {
		return part[4]
	}
	return ""
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
