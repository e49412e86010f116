package normalize

import "time"

// Stamp reads a time as RFC 3339 has it, in nanoseconds since 1970. "2006-01-02T15:04:05Z",
// with or without a fraction, takes the short way. "2006-01-02 15:04:05", with or without a fraction, is
// how query engines export a time stamp; it has no zone and is UTC.
func Stamp(t []byte) (ns int64, ok bool) {
	if len(t) >= 20 && t[4] == '-' && t[7] == '-' && t[10] == 'T' && t[13] == ':' && t[16] == ':' && t[len(t)-1] == 'Z' {
		year, month, day := Digits(t[0:4]), Digits(t[5:7]), Digits(t[8:10])
		hour, minute, second := Digits(t[11:13]), Digits(t[14:16]), Digits(t[17:19])
		if year >= yearMin && year <= yearMax && month >= 1 && month <= 12 && day >= 1 && day <= int64(monthDays[month-1]) &&
			hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59 && second >= 0 && second <= 59 {
			if part, ok := fraction(t[19 : len(t)-1]); ok {
				return (days(year, month, day)*86400+hour*3600+minute*60+second)*1e9 + part, true
			}
		}
	}
	if len(t) > len("2006-01-02T15:04:05.999999999-07:00") {
		return 0, false
	}
	layout := time.RFC3339Nano
	if len(t) > 10 && t[10] == ' ' {
		layout = time.DateTime // which takes a fraction too
	}
	at, err := time.Parse(layout, string(t))
	if err != nil || at.Year() < yearMin || at.Year() > yearMax {
		return 0, false
	}
	return at.UnixNano(), true
}

// fraction is the part of a second that ".675" means, in nanoseconds; 0 for nothing.
func fraction(t []byte) (ns int64, ok bool) {
	if len(t) == 0 {
		return 0, true
	}
	if t[0] != '.' || len(t) < 2 || len(t) > 10 {
		return 0, false
	}
	if ns = Digits(t[1:]); ns < 0 {
		return 0, false
	}
	for range 10 - len(t) {
		ns *= 10
	}
	return ns, true
}

// monthDays without leap days; those take the long way.
const monthDays = "\x1f\x1c\x1f\x1e\x1f\x1e\x1f\x1f\x1e\x1f\x1e\x1f"

// Years in between fit into int64 nanoseconds since 1970 whatever the offset.
const (
	yearMin = 1678
	yearMax = 2261
)

// Digits is the number that the text spells, negative if it is none.
func Digits(t []byte) int64 {
	n := int64(0)
	for _, c := range t {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// days since 1970-01-01 in the Gregorian calendar. Years are counted from
// March so that the leap day is a year's last.
func days(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	// 719,468 days lie between 0000-03-01 and 1970-01-01.
	return 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - 719468
}
