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
	BackupsDestroyed,
	BuildTampered,
	ChangedOffPipeline,
	ChangedWorkloadUsedPower,
	CopiedOutside,
	CredentialNewSource,
	DataCollected,
	DataDestroyed,
	DataLocked,
	DefenceDisabled,
	DeniedBurst,
	Entrenched,
	EvasiveRecord,
	FunctionChanged,
	GpuLaunched,
	GuardRemoved,
	HoneytokenUsed,
	IdentityCreatedThenUsed,
	KeyForAnother,
	LimitRemoved,
	MailTakeover,
	MassCompute,
	ModelAccessOpened,
	ModelBurst,
	ModelGuardRemoved,
	ModelUseAfterRecon,
	ModelUseUnusual,
	OrganizationChanged,
	PasswordForAnother,
	PortsOpened,
	ProviderAdded,
	QuotaRaised,
	ReconOfDefences,
	ReconOfModels,
	RoleFanOut,
	RoleGuessing,
	ScriptedRecon,
	SecretsSweep,
	ServicesNeverUsed,
	SessionOffPlatform,
	ShadowResource,
	SharedOutside,
	StagedSharing,
	TakenOutside,
	TrustOpened,
	UnknownBuild,
	UnusualLaunch,
	WorkloadLaunchedWithRole,
	WorkloadsDestroyed,
}
