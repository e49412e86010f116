package detections

import "github.com/sekisho/sekisho/detect"

// All lists every built-in behaviour, one a line, sorted by id. A test says
// which line is missing; nothing registers itself.
var All = []detect.Detection{
	AdminGranted,
	ChangedWorkloadUsedPower,
	CredentialNewSource,
	DefenceDisabled,
	DeniedBurst,
	EvasiveRecord,
	FunctionChanged,
	GpuLaunched,
	HoneytokenUsed,
	IdentityCreatedThenUsed,
	KeyForAnother,
	LimitRemoved,
	ModelUseAfterRecon,
	PasswordForAnother,
	PortsOpened,
	ProviderAdded,
	ReconOfDefences,
	ReconOfModels,
	RoleFanOut,
	RoleGuessing,
	ScriptedRecon,
	SecretsSweep,
	ServicesNeverUsed,
	SessionOffPlatform,
	SharedOutside,
	TakenOutside,
	TrustOpened,
	WorkloadLaunchedWithRole,
}
