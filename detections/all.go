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
	ChangedWorkloadUsedPower,
	ConsoleFromKey,
	ConsoleWithoutSecondFactor,
	CredentialNewSource,
	CredentialReportedExposed,
	DecisiveAttempt,
	DefenceDisabled,
	DeniedBurst,
	DirectoryTampered,
	EvasiveRecord,
	FederationToken,
	FunctionChanged,
	GpuLaunched,
	HoneytokenUsed,
	IdentityCreatedThenUsed,
	KeyForAnother,
	KeyUsedAfterExposure,
	LimitRemoved,
	MachineSecretsSweep,
	ModelUseAfterRecon,
	OwnCredentialAdded,
	PasswordForAnother,
	PortsOpened,
	ProbeThenEnumeration,
	ProviderAdded,
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
	SharedOutside,
	ShellOpened,
	TakenOutside,
	TrustOpened,
	WorkloadLaunchedWithRole,
}
