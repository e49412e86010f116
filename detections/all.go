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
	EvasiveRecord,
	FederationToken,
	FunctionChanged,
	GpuLaunched,
	HoneytokenUsed,
	IdentityCreatedThenUsed,
	KeyForAnother,
	LimitRemoved,
	MachineSecretsSweep,
	ModelUseAfterRecon,
	OwnCredentialAdded,
	PasswordForAnother,
	PortsOpened,
	ProviderAdded,
	ReconOfDefences,
	ReconOfModels,
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
