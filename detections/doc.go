// Package detections holds the built-in behaviours, one file each. A file
// declares one detect.Detection, named after the file: role_guessing.go holds
// RoleGuessing with the id "role-guessing", and All lists it. Its examples are
// both its tests and its documentation; detect.ParseTrace explains their
// language. They play under the configuration examples.yaml, which
// declares decoys, an automation and a partner.
//
// To add a behaviour: copy the nearest file, write the trace that you wish
// would fire and the one that must not, run go test ./detections, make it pass,
// and add its line to all.go.
//
// The files know no vendor: they speak of topics, levels and effects. What
// several of them share is in lib.go and lib_reads.go.
package detections
