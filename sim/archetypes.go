package sim

// archetypes are all ways of ordinary work, one file each (or one for a pair),
// in the order of their names. Each kind of work is there twice, written
// differently: once for fitting and once for measuring.
var archetypes = []archetype{
	analystLaptops,
	consoleEngineer,
	directoryScripts,
	identityOffice,
	imageResizers,
	keyRenewer,
	nightlyExports,
	platformOwners,
	queueWorkers,
	shellEngineer,
	welcomeDesk,
}
