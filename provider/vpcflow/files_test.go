package vpcflow

import "testing"

func TestFileTime(t *testing.T) {
	for name, want := range map[string]int64{
		"b/AWSLogs/111122223333/vpcflowlogs/us-east-1/2025/11/03/111122223333_vpcflowlogs_us-east-1_fl-0123456789abcdef0_20251103T0810Z_5f3ac.log.gz": 1762157400,
		"111122223333_vpcflowlogs_us-east-1_fl-0123456789abcdef0_20251103T0810Z_5f3ac.log.parquet":                                                    1762157400,
		"111122223333_vpcflowlogs_us-east-1_fl-0123456789abcdef0_noon_5f3ac.log.gz":                                                                   0,
		"111122223333_vpcflowlogs_us-east-1_20251103T0810Z":                                                                                           0,
		"111122223333_CloudTrail_us-east-1_20251103T0810Z_abcdefghijklmnop.json.gz":                                                                   0,
		"x_vpcflowlogs_/111122223333_vpcflowlogs_us-east-1_fl-0123456789abcdef0":                                                                      0,
		"flow.log": 0, "": 0,
	} {
		if got, ok := FileTime(name); got != want || ok != (want != 0) {
			t.Errorf("%q: %d, %v", name, got, ok)
		}
	}
}
