// Package detections holds the built-in behaviours, one file each. A file
// declares one detect.Detection, named after the file: console_login.go holds
// ConsoleLogin with the id "console-login", and All lists it. Its examples are
// both its tests and its documentation; detect.ParseTrace explains their
// language.
//
// The files know no vendor: they speak of topics, levels and effects. What
// several of them share is in lib.go.
package detections
