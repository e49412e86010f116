// Package sim writes made-up organisations as audit logs: believable CloudTrail
// in the files in which a trail delivers it, the same bytes from the same seed.
//
// Four products come out of it:
//
//   - [EightMinutes]: a recording of a takeover by valid credentials, with days
//     of ordinary work around it and the truth beside it (never inside it);
//   - [Scenarios]: other incidents, each told by a script of who does what when;
//   - [Corpus]: ordinary work of any size, fast, for measuring throughput;
//   - [Organization]: the ordinary work alone, for counting false alarms.
//
// It shares no code, list of names or parameter with what detects: a generator
// that knew the detector would only prove that the detector agrees with itself.
// The package imports the standard library only, and a test holds it to that.
//
// Shapes follow AWS's published record reference and were compared, key by key,
// with real recordings; every value is invented. Addresses come from the ranges
// reserved for documentation (RFC 5737) and benchmarks (RFC 2544), so that no
// generated record points at somebody.
package sim
