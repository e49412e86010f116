package aws

import (
	"strings"

	"github.com/sekisho/sekisho"
)

// managedPowers is the power of AWS's own managed policies by what follows
// "policy/" in their ARN, so that a trail alone says what was attached. Origin:
// each policy's published document read by the rules of powerOf; where a
// document passes roles to a service that runs code it issues. An inventory
// file's own copy of the document goes before this table.
var managedPowers = map[string]sekisho.Power{
	"AdministratorAccess": sekisho.PowerAdmin,
	"IAMFullAccess":       sekisho.PowerAdmin, // iam:* on everything

	"PowerUserAccess":                               sekisho.PowerLimited, // everything but iam, organizations and account
	"ReadOnlyAccess":                                sekisho.PowerLimited,
	"SecurityAudit":                                 sekisho.PowerLimited,
	"AWSDenyAll":                                    sekisho.PowerLimited,
	"IAMUserSSHKeys":                                sekisho.PowerLimited, // the user's own keys
	"AmazonEC2FullAccess":                           sekisho.PowerLimited, // passes no role
	"AmazonS3FullAccess":                            sekisho.PowerLimited,
	"AmazonSSMFullAccess":                           sekisho.PowerLimited,
	"SecretsManagerReadWrite":                       sekisho.PowerLimited,
	"AmazonDynamoDBFullAccess":                      sekisho.PowerLimited,
	"AmazonRDSFullAccess":                           sekisho.PowerLimited,
	"AmazonBedrockFullAccess":                       sekisho.PowerLimited, // passes roles to bedrock only, which runs none of the caller's code
	"AmazonSSMManagedInstanceCore":                  sekisho.PowerLimited,
	"CloudWatchAgentServerPolicy":                   sekisho.PowerLimited,
	"CloudWatchFullAccess":                          sekisho.PowerLimited,
	"IAMUserChangePassword":                         sekisho.PowerLimited,
	"AWSCloudFormationFullAccess":                   sekisho.PowerLimited,
	"AmazonEC2ContainerRegistryPowerUser":           sekisho.PowerLimited,
	"job-function/Billing":                          sekisho.PowerLimited,
	"job-function/SupportUser":                      sekisho.PowerLimited,
	"job-function/ViewOnlyAccess":                   sekisho.PowerLimited,
	"service-role/AWSLambdaBasicExecutionRole":      sekisho.PowerLimited,
	"service-role/AWSLambdaVPCAccessExecutionRole":  sekisho.PowerLimited,
	"service-role/AmazonEC2RoleforSSM":              sekisho.PowerLimited,
	"service-role/AmazonECSTaskExecutionRolePolicy": sekisho.PowerLimited,

	"AWSLambda_FullAccess":                    sekisho.PowerIssues,
	"AmazonECS_FullAccess":                    sekisho.PowerIssues,
	"AmazonSageMakerFullAccess":               sekisho.PowerIssues,
	"AWSGlueConsoleFullAccess":                sekisho.PowerIssues,
	"AmazonElasticMapReduceFullAccess":        sekisho.PowerIssues,
	"AWSDataPipeline_FullAccess":              sekisho.PowerIssues,
	"AdministratorAccess-Amplify":             sekisho.PowerIssues, // creates and passes roles of its own
	"AdministratorAccess-AWSElasticBeanstalk": sekisho.PowerIssues,
	"AWSSSOMasterAccountAdministrator":        sekisho.PowerIssues, // permission sets and assignments
	"AWSSSOMemberAccountAdministrator":        sekisho.PowerIssues,
	"job-function/SystemAdministrator":        sekisho.PowerIssues,
	"job-function/DatabaseAdministrator":      sekisho.PowerIssues,
	"job-function/DataScientist":              sekisho.PowerIssues,
	"job-function/NetworkAdministrator":       sekisho.PowerLimited, // passes roles to flow logs only
}

// quarantinePrefix begins the names of the policies that AWS attaches to a user
// whose key it found in public (AWSCompromisedKeyQuarantine, …V2, …V3).
const quarantinePrefix = "AWSCompromisedKeyQuarantine"

// managedPower is the power of an AWS managed policy by its ARN. PowerUnknown
// for one that is not in the table and for a customer's own.
func managedPower(arn string) sekisho.Power {
	name, ok := managedName(arn)
	if !ok {
		return sekisho.PowerUnknown
	}
	if p, ok := managedPowers[name]; ok {
		return p
	}
	// AWS names by these endings what only reads, and quarantine only denies.
	if endsAny(name, "ReadOnlyAccess", "ReadOnly", "ViewOnlyAccess") || strings.HasPrefix(name, quarantinePrefix) {
		return sekisho.PowerLimited
	}
	return sekisho.PowerUnknown
}

// managedName is the name, with its path, of a policy that AWS manages; false
// for any other ARN, such as a customer's policy of the same name.
func managedName(arn string) (string, bool) {
	head, name, ok := strings.Cut(arn, ":policy/")
	if !ok || !strings.HasPrefix(head, "arn:") || !strings.HasSuffix(head, ":iam::aws") {
		return "", false
	}
	return name, true
}
