package main

// The reasons for which the program and the labels differ. They are test data:
// keyed by the names that recordings and other people's rules have, of which
// nothing in the program knows.

// Reasons that many rules share.
const (
	noPast = "single events without novelty are not evidence: for an identity without history nothing is new; with a past this weighs as an unusual action"
	anyUse = "their taste: any such call at all is reported, also an administrator's; alone it changes nobody's access and hides nothing"
	inRows = "one question is not reconnaissance: what counts is how many different ones come within minutes"
	mail   = "one question about the mail service is no takeover: what counts is what makes it ready to send, and several of the questions by a key from elsewhere"
	locked = "one thing gone, or one switch, without a past is housekeeping as often as harm: numbers, backups and what goes with them count"
	asked  = "needs knowledge that the record does not hold: what the organisation allows (regions, accounts, networks) is declared in the configuration, and here nothing is"
	dataIn = "a database's copy within the account, or its export to a bucket, by an identity without a past: shares with outsiders fire"
	intent = "their taste: what failed is no matter; here an attempt at a decisive change tells as much of an intention, at half the weight"
	daily  = "what the owners of code, teams and applications do at any time; alone it is no evidence, with a past it weighs as an unusual action"
	lesser = "access that is given to one repository, to a plain member, or taken away, gives nobody power over others; with a past it weighs as an unusual action"
	unsaid = "the record leaves out what decides (how visible it is now, which role): no effect is made up"
	client = "rests on a client's own name, which anyone can change; it is no evidence here, and no tool's name is in the program"
)

// quietWhereTheyFire: other people's rules, by id, that fire on events on which
// nothing here does.
var quietWhereTheyFire = map[string]string{
	"AWS.Bedrock.GuardrailUpdateDelete":                    "a guardrail that is deleted fires; of one that is updated the record hides whether it became weaker",
	"AWS.CloudTrail.Account.Discovery":                     inRows,
	"AWS.CloudTrail.Created":                               anyUse,
	"AWS.CloudTrail.EnableRegion":                          noPast,
	"AWS.CloudTrail.IAMAnythingChanged":                    anyUse + "; power granted, trust opened and keys made have behaviours of their own",
	"AWS.CloudTrail.IAMEntityCreatedWithoutCloudFormation": "their taste: every user or role made by hand; here the first use of what was just made, and what it was given, count",
	"AWS.CloudTrail.IMDSCredentialExfiltration":            "a machine's session from outside is told by two sources of one session, or by a client that no machine has; one call from one public address shows neither",
	"AWS.CloudTrail.SES.CheckSESSendingEnabled":            mail,
	"AWS.CloudTrail.SES.CheckSendQuota":                    mail,
	"AWS.CloudTrail.SES.ListIdentities":                    mail,
	"AWS.CloudTrail.VPCE.AccessDenied":                     "a refusal at a network's edge is the edge at work; many different refusals in minutes count",
	"AWS.CloudTrail.VPCE.ExternalPrincipal":                asked,
	"AWS.CloudTrail.VPCE.S3ExternalIP":                     asked,
	"AWS.Console.GetSigninToken.Abuse":                     client,
	"AWS.Console.LoginWithoutSAML":                         asked + "; a sign-in of a user is ordinary where users exist",
	"AWS.Console.Sign-In":                                  anyUse,
	"AWS.EC2.DownloadInstanceUserData":                     inRows + "; one machine's start-up text is read by every administrator, a sweep over many is not",
	"AWS.EC2.GatewayModified":                              anyUse,
	"AWS.EC2.SecurityGroupModified":                        "opened to one single address; what counts is an opening to everyone",
	"AWS.ECR.CRUD":                                         asked + "; an image pushed by someone who never pushed needs history",
	"AWS.IAM.CredentialsUpdated":                           "a user who changes the own password gains nothing; one set for another fires",
	"AWS.IAM.Group.Read.Only.Events":                       inRows,
	"AWS.IAMUser.ReconAccessDenied":                        "one refusal is no burst; what counts is how many different actions are refused in minutes",
	"AWS.RDS.InstanceRebooted":                             anyUse,
	"AWS.RDS.SecurityGroupIngressAuthorized":               "an old kind of database firewall, with no effect mapped for it; openings of machines' firewalls fire",
	"AWS.RDS.SnapshotCopiedCrossRegion":                    noPast + "; a copy to another account needs a share, which fires",
	"AWS.RDS.SnapshotDeleted":                              locked,
	"AWS.RDS.SnapshotEnumeration":                          inRows,
	"AWS.RDS.SnapshotExport":                               dataIn + "; the account of the bucket that it goes to is not in the record",
	"AWS.S3.BucketPolicyModified":                          anyUse + ": this one makes a bucket private; made public it fires",
	"AWS.S3.CopyObjectToExternalAccountBucket":             "the account of the bucket copied to is not in the record; a bucket's name says nothing",
	"AWS.S3.DeleteObject":                                  anyUse,
	"AWS.S3.RansomwareNoteUpload":                          "rests on an object's name, which says what its author wants; the deletions around it count",
	"AWS.S3.SecurityControlDisabling":                      locked + "; its logging switched off fires",
	"AWS.S3.SuspendVersioning":                             locked,
	"AWS.STS.GetCallerIdentity.TruffleHog":                 client,
	"AWS.STS.GetSessionToken.Misuse":                       "a session made by a user for himself carries his own power; it is followed in the lineage, and weighs by what it does",
	"AWS.SecurityHub.Finding.Evasion":                      "an analyst closes findings every day; nothing in the record tells one apart from an intruder",
	"AWS.UnusedRegion":                                     asked,
	"Role.Assumed.by.AWS.Service":                          "a service that takes the role given to it is how every function starts",
	"cloudtrail_ec2_image_creation":                        "not an attack: an image without encryption is a matter of configuration; made public it fires",

	"AWS.VPC.PortScanning":                      "one flow to one port is no scan: many machines or ports within minutes count, and a new place outside for a machine that has a past",
	"GitHub.Branch.PolicyOverride":              daily + ", and the change of code that comes in by it is told from a stranger's",
	"GitHub.Org.AuthChange":                     "their taste: also what is switched on; a demand on who signs in that is taken away, and a new provider, fire",
	"GitHub.Org.Modified":                       lesser,
	"GitHub.Repo.HookModified":                  "a webhook tells an address of commits without their content, and the record need not say which: left out on purpose",
	"GitHub.Secret.Scanning.Alert.Created":      "a notice about a repository that names nobody and no key; the key's use from elsewhere weighs",
	"GitHub.SupplyChain.SuspiciousUserAgents":   client,
	"GitHub.Team.Modified":                      daily,
	"GitHub.User.RoleUpdated":                   unsaid + "; who is made an owner fires",
	"Github.Repo.Archived":                      "an archived repository is there and can be read; deleted ones count by their number",
	"Github.Repo.CollaboratorChange":            lesser,
	"Github.Repo.VisibilityChange":              unsaid + "; made public it fires",
	"Github.Repository.Transfer":                "to whom it goes is a name, where the record has it, and nothing declares which names are ours: only accounts with numbers are outsiders",
	"Okta.App.Unauthorized.Access.Attempt":      "one refusal is no evidence; many different ones within minutes are",
	"Okta.Group.Admin.Role.Assigned":            "the grant failed, to no group, of no role that the record names; a role that is given to a group fires by its power",
	"Okta.Login.Success":                        anyUse + "; a sign-in is what a directory is for",
	"Okta.Login.Without.Push.Marker":            asked + "; it wants a mark of the organisation's own in the client's name",
	"Okta.New.Behavior.Accessing.Admin.Console": noPast + ": the directory's own \"new device\" is any person's new telephone; a new place or program of a known session is told by us",
	"Okta.Org2org.Creation.Modification":        daily + "; what another directory vouches for here is a provider, which fires when it is added",
	"Okta.Password.Extraction.via.SCIM":         "that passwords are pushed stands only in the outcome's reason of a change of an application, which no reference of the vendor describes: not read",
	"Okta.SSO.to.AWS":                           anyUse + "; that a directory vouches for somebody at a cloud is what lineage is followed through",
	"Okta.Support.Reset":                        "the sample has one id for the helper and the helped: whoever sets the own password gains nothing; one set for another fires",
	"Okta.User.Account.Locked":                  "a lock keeps its owner out, whoever guessed: alone it is no evidence",
	"github_disable_required_status_checks":     daily,
	"github_oauth_application_create":           daily + "; what the application then does is laid to it",
	"github_site_admin_action":                  "their taste: all that a site's administrator does; signing in as another fires. This action is in no reference of the vendor",
}

// fireWhereTheyAreQuiet: other people's rules, by id, that are quiet on events
// on which something here fires.
var fireWhereTheyAreQuiet = map[string]string{
	"GitHub.Branch.PolicyOverride":                 "the rules of a branch were moved to another name: the branch that had them may change unreviewed",
	"AWS.CloudTrail.LoginProfileCreatedOrModified": "a role's session that is named after a user sets that user's password: a session's name is free text, so it is for another",
	"AWS.User.Login.Profile.Modified":              "a role's session sets a user's password; that a reset is asked for at sign-in does not keep the one who set it out",
	"AWS.Lambda.UpdateFunctionConfiguration":       "a function's first known change by a role without a past: their rule trusts every role, ours weighs it low and learns",
	"AWS.CloudTrail.AMIModifiedForPublicAccess":    intent,
	"AWS.CloudTrail.Stopped":                       intent,
	"AWS.ConfigService.DisabledDeleted":            intent,
	"AWS.RDS.SnapshotDeleted":                      intent,
	"AWS.RDS.InstanceMadePublic":                   intent,
	"AWS.S3.DeletePublicAccessBlock":               intent,
	"AWS.S3.SuspendVersioning":                     intent + "; and versioning suspended by another rule's measure is suspended all the same",
	"AWS.Console.GetSigninToken.Abuse":             "another rule's matter: a sign-in with a password alone weighs half a nat here, and is never an alarm by itself",
	"Standard.BruteForceByUser":                    "another rule's matter: a sign-in with a password alone weighs half a nat here, and is never an alarm by itself",

	"Github.Repository.Transfer": "another rule's matter: a repository that is public from its beginning is shared with everyone; one low incident, since nobody has a past",
	"Okta.Support.Reset":         "an administrator sets another's password: their rule trusts whoever is not the vendor; one low incident, since nobody has a past",
}

// firedOnSamples: behaviours that fire on samples which are there for their
// format and have no labels.
var firedOnSamples = map[string]string{
	"admin-granted":                 "true: the sample's user is given administrator's power by root; one low incident, since nobody has a past",
	"function-changed":              "true: the sample sends a command to a machine; one low incident, since nobody has a past",
	"console-without-second-factor": "true: the sample signs in with a password alone; one low finding, since nobody has a past",
	"root-used":                     "true: the sample is the root user with a key of its own, starting machines",
	"workload-launched-with-role":   "true: the sample passes a role of unknown power to a new function; one low finding",
	"data-destroyed":                "true: the sample deletes a database without a last snapshot; one low finding",
	"organization-changed":          "true: the sample makes an organization; one low finding, since nobody has a past",
	"shared-outside":                "true: the sample makes an object public",
	"decisive-attempt":              "true: the samples are refused attempts to stop, delete or narrow a trail",
}

// firedOnSetup: why a behaviour fires on events of the long attack that its
// labels count as the recording tool's set-up or clean-up. It is the same user
// with the same key, who builds and removes what he is about to attack, and no
// record tells the two apart.
var firedOnSetup = map[string]string{
	"secrets-sweep":          "the tool makes forty secrets and reads each back, as many as the attack reads a minute later",
	"scripted-recon":         "the tool asks for the state of all it makes: dozens of different questions in eight services within minutes, by an identity without a past",
	"recon-of-defences":      "the tool asks for the trails and flow logs that it made and is about to attack",
	"defence-disabled":       "clean-up deletes the trail and the log group that the attack was made on: to the record, a trail is deleted",
	"password-for-another":   "set-up makes the user, with a password, through which the attack signs in",
	"admin-granted":          "set-up gives the role administrator's power that the attack opens to the outside a second later",
	"probe-then-enumeration": "the tool asks who it is and then for the state of all it makes, by an identity without a past",
	"backups-destroyed":      "clean-up destroys the images and snapshots that set-up made, dozens of things in minutes",
	"data-destroyed":         "clean-up destroys the databases and secrets that set-up made, dozens of things in minutes",
	"decisive-attempt":       "the tool's set-up and clean-up meet refusals and failures of the same calls as the attack",
}

// missedSingles: why nothing, or nothing under its own ATT&CK id, is found in a
// recording of one technique.
var missedSingles = map[string]string{}

// missedWindows: the same for the windows of the long attack.
var missedWindows = map[string]string{
	"credential-access.secretsmanager-retrieve-secrets":      "found a second earlier, on the set-up's reading of the same secrets: the same ones read again are no new evidence in the episode",
	"credential-access.ssm-retrieve-securestring-parameters": "found fifteen seconds earlier, on the set-up's reading of the same parameters: the same ones read again are no new evidence in the episode",
}

// quietInScenario: files of a scenario that are its attack, and on which nothing
// is found by itself.
var quietInScenario = map[string]string{
	"brute_force_logins": "refused passwords from three places and one that is accepted: no behaviour counts guesses, and without the id of a session, which these records leave out, a new place is not laid to one",
	"new-user":           "an administrator makes a user: with a past it weighs; here the record has another id for the same person, who therefore is new",
}

// notReadYet: what the sets hold that scan does not read.
var notReadYet = map[string]string{
	"format-samples":      "Google Workspace, Google Cloud, Azure, Entra, Falco, Kubernetes, and the OCSF halves of other formats; flow logs as tables (CSV), findings as Security Hub writes them; two samples of CloudTrail without a whole record",
	"otrf-s3-honeybucket": "a flattened table (CSV) of anonymous reads of a bucket, no CloudTrail records",
	scenarios:             "Google Workspace (one file shared with outsiders)",
	panther:               "Google, Azure, Microsoft 365, Kubernetes audit, DNS queries, security hub findings, model invocations, Auth0, Duo, OneLogin, Slack, Snowflake, Teleport",
	streamalert:           "Duo",
	"invictus-gws-2022":   "Google Workspace: left for later",
	"invictus-o365-2021":  "Microsoft 365",
	"otrf-golden-saml":    "Windows, AD FS, Entra, Microsoft 365",
}
