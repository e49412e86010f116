package sim

// archetypes are all ways of ordinary work, one file each (or one for a pair),
// in the order of their names. Each kind of work is there twice, written
// differently: once for fitting and once for measuring.
var archetypes = []archetype{
	analystLaptops,
	consoleEngineer,
	containerHosts,
	directoryScripts,
	identityOffice,
	imageResizers,
	keyRenewer,
	lostPermissions,
	nightScanner,
	nightlyExports,
	onCallRole,
	platformOwners,
	quarrels,
	queueWorkers,
	releaseTrain,
	reportAgent,
	shellEngineer,
	stackFactory,
	supportRoles,
	trailItself,
	trailOfOthers,
	triageAgent,
	virtualMachines,
	visitingScanner,
	welcomeDesk,
}
