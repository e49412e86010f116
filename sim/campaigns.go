package sim

// campaigns are all attacks that are played against a World, one file each, in
// the order of their names.
var campaigns = []campaign{
	keyToAdministrator,
}
