package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"alblens/internal/s3test"
)

// A bucket tells when objects came: late ones are named, and of a load balancer that still delivers, the newest slots
// are known to be still filling.
func TestDeliveryFromS3(t *testing.T) {
	server := s3test.Start(t)
	server.Setenv(t, server.Root)
	bucket := server.Bucket(t)
	const lb = "app/shop/50dc6c495c0c9188"
	now := time.Now().UTC().Truncate(time.Minute)
	put := func(before time.Duration, node, random string) (name string, end time.Time) {
		end = now.Add(-before)
		name = fmt.Sprintf("111122223333_elasticloadbalancing_eu-west-1_app.shop.50dc6c495c0c9188_%s_%s_%s.log", end.Format("20060102T1504Z"), node, random)
		server.Put(t, bucket, name, []byte(exampleLines(t, 2)))
		return "s3://" + bucket + "/" + name, end
	}
	late, lateEnd := put(40*time.Minute, "203.0.113.10", "a")
	put(5*time.Minute, "203.0.113.10", "b")
	put(5*time.Minute, "203.0.113.11", "c")

	dir := filepath.Join(t.TempDir(), "bundle")
	code, stdout, stderr := runFor(t.Context(), nil, "analyze", "s3://"+bucket+"/", "-f", "json", "-v", "--bundle", dir)
	if code != exitDone {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	checkSummary(t, []byte(stdout))
	var got struct {
		Run struct {
			Filling time.Time `json:"filling_after"`
		}
		Inputs struct {
			Gaps []struct {
				Slots  int
				Others int `json:"slots_others_delivered"`
			}
			Delivery struct {
				Nodes []struct {
					LB, Node       string
					Slots, Objects int
					Delivered      int     `json:"slots_delivered"`
					Late           int     `json:"objects_late"`
					Longest        float64 `json:"longest_delay_seconds"`
				}
				Late []struct {
					Name, LB, Node string
					End            time.Time `json:"slot_end"`
					Delay          float64   `json:"delay_seconds"`
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	in, d := got.Inputs, got.Inputs.Delivery
	if len(d.Nodes) != 2 || d.Nodes[0].LB != lb || d.Nodes[0].Node != "203.0.113.10" || d.Nodes[0].Slots != 8 || d.Nodes[0].Delivered != 2 || d.Nodes[0].Late != 1 ||
		d.Nodes[1].Node != "203.0.113.11" || d.Nodes[1].Slots != 1 || d.Nodes[1].Late != 0 {
		t.Errorf("nodes %+v", d.Nodes)
	}
	// The server notes whole seconds, and the test took a while since now.
	if x := d.Late; len(x) != 1 || x[0].Name != late || x[0].LB != lb || !x[0].End.Equal(lateEnd) || x[0].Delay < 40*60 || x[0].Delay > 45*60 || d.Nodes[0].Longest != x[0].Delay {
		t.Errorf("late %+v", x)
	}
	if len(in.Gaps) != 1 || in.Gaps[0].Slots != 6 || in.Gaps[0].Others != 0 {
		t.Errorf("gaps %+v", in.Gaps)
	}
	// As slow as the slowest: what ended in the last forty minutes may still come.
	if x := now.Sub(got.Run.Filling); x > 41*time.Minute || x < 35*time.Minute {
		t.Errorf("filling after %v, now %v", got.Run.Filling, now)
	}
	for _, want := range []string{
		`read ` + regexp.QuoteMeta(late) + `: 2 records, .* bytes; came 4[0-4]m[0-9]+s after its time, late`,
		`_203\.0\.113\.11_c\.log: 2 records, .*, its time may still fill`,
		`node 203\.0\.113\.10: no file of the 6 times five minutes after .*; other nodes have files of 0 of them`,
	} {
		if !regexp.MustCompile(want).MatchString(stderr) {
			t.Errorf("no %s in:\n%s", want, stderr)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Inputs []struct {
			Name string
			Slot struct {
				Delay         float64 `json:"delay_seconds"`
				Late, Filling bool
			}
		}
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	if x := manifest.Inputs; len(x) != 3 || x[0].Name != late || !x[0].Slot.Late || x[0].Slot.Delay != d.Late[0].Delay || !x[2].Slot.Filling || x[2].Slot.Late {
		t.Errorf("the bundle's ledger: %+v", x)
	}

	_, text2, _ := runFor(t.Context(), nil, "analyze", "s3://"+bucket+"/", "-f", "markdown", "-q")
	for _, want := range []string{"1 object late, the last to come 4", "Still filling: objects of slots that end after "} {
		if !strings.Contains(text2, want) {
			t.Errorf("no %q in the report", want)
		}
	}
}
