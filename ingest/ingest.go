// Package ingest finds, opens, decompresses and frames raw records, and puts
// them in order of time.
//
// Every input has a cap and every loss a count: a record is read, a duplicate,
// or named in Stats.Unreadable; a file is read or named in Stats.Skipped.
//
// The way of a record, and the file that holds each step:
//
//	source.go  which files there are, in a fixed order
//	reader.go  one worker: opens, tells by content what it has, unpacks, caps
//	window.go  the bounded part of a stream that framing looks at
//	frame.go   cuts the stream into single JSON objects, goes on after damage
//	unwrap.go  takes records out of envelopes that are held whole
//	scan.go    finds the end of an object, eight bytes at a time
//	block.go   memory for compact records, shared out within a budget
//	merge.go   the k-way merge of blocks and of runs on disk
//	temp.go    the private folder for runs, and those that killed processes left
//	open.go    puts it together and hands records out in order
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

// Stats accounts for everything that was offered: Records = records handed out
// + Duplicates + UnreadableTotal. A file or member that cannot be read at all
// is one unreadable record; records of kinds that are not wanted are not
// counted, but told in Skipped. Late is for sources that deliver while others
// are being judged; Open leaves it 0.
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
