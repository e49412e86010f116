package detections

import (
	_ "embed"

	"github.com/sekisho/sekisho/detect"
)

// ExamplesConfig is the configuration under which all examples play: it
// declares some decoys, an automation and a partner.
//
//go:embed examples.yaml
var ExamplesConfig []byte

// All lists every built-in behaviour, one a line, sorted by id. A test says
// which line is missing; nothing registers itself.
var All = []detect.Detection{
	AdminGranted,
	AdminRoleTaken,
	AgentOutOfTools,
	BackdoorBuilt,
	BackupsDestroyed,
	BuildTampered,
	ChangeOfControl,
	ChangedOffPipeline,
	ChangedWorkloadUsedPower,
	ConsoleFromKey,
	ConsoleWithoutSecondFactor,
	CopiedOutside,
	CredentialNewSource,
	CredentialReportedExposed,
	DataCollected,
	DataDestroyed,
	DataLocked,
	DecisiveAttempt,
	DefenceDisabled,
	DeniedBurst,
	DirectoryTampered,
	Entrenched,
	EvasiveRecord,
	FederationToken,
	FunctionChanged,
	GpuLaunched,
	GuardRemoved,
	HoneytokenUsed,
	IdentityCreatedThenUsed,
	KeyForAnother,
	KeyUsedAfterExposure,
	LimitRemoved,
	MachineSecretsSweep,
	MailTakeover,
	MassCompute,
	ModelAccessOpened,
	ModelBurst,
	ModelGuardRemoved,
	ModelUseAfterRecon,
	ModelUseUnusual,
	OpenedDoorUsed,
	OrganizationChanged,
	OwnCredentialAdded,
	PasswordForAnother,
	PortsOpened,
	ProbeThenEnumeration,
	ProviderAdded,
	QuotaRaised,
	ReconOfDefences,
	ReconOfModels,
	RegionNew,
	RoleFanOut,
	RoleGuessing,
	RootUsed,
	ScriptedRecon,
	SecretsSweep,
	ServicesNeverUsed,
	SessionOffPlatform,
	ShadowResource,
	SharedOutside,
	ShellOpened,
	StagedSharing,
	TakenOutside,
	TakenThenDestroyed,
	TrustOpened,
	UnknownBuild,
	UnusualAction,
	UnusualAmount,
	UnusualHours,
	UnusualLaunch,
	UnusualPace,
	UnusualRefusals,
	UnusualTarget,
	WorkloadLaunchedWithRole,
	WorkloadOutOfRole,
	WorkloadsDestroyed,
}
