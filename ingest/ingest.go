// Package ingest finds, opens, decompresses and frames raw records, and puts
// them in order of time.
//
// Every input has a cap and every loss a count: a record is read, a duplicate,
// or named in Stats.Unreadable; a file is read or named in Stats.Skipped.
package ingest

// Bad names one unreadable record, or a file from some offset on.
type Bad struct {
	File   string `json:"file"`
	Offset int64  `json:"offset"` // in the decompressed stream
	Reason string `json:"reason"`
}

// Skip names a file that holds no events.
type Skip struct {
	File   string `json:"file"`
	Reason string `json:"reason"`
}

// Stats accounts for everything that was offered: Records = events +
// Duplicates + UnreadableRecords.
type Stats struct {
	Files           int64
	Bytes           int64 // decompressed
	Records         int64
	Duplicates      int64
	Late            int64
	Unreadable      []Bad // at most 100 a file
	UnreadableTotal int64 // all of them, also those not listed
	Skipped         []Skip
	Spilled         int64 // bytes written to temporary runs
}
