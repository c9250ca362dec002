//go:build faults

package dialer_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/outdial/outdial/store/storetest"
)

// TestPlanted plants defects one at a time, and wants the random runs to find
// each: a test that cannot fail proves nothing.
func TestPlanted(t *testing.T) { //nolint:paralleltest // the defects are planted by the process's environment
	for _, defect := range []string{"no-slot-recount", "no-start-lock", "fresh-call-id", "lost-settle"} {
		t.Run(defect, func(t *testing.T) { //nolint:paralleltest // as above
			t.Setenv("OUTDIAL_PLANTED", defect)
			for seed := range uint64(10) {
				var breaches []string
				synctest.Test(t, func(t *testing.T) {
					breaches = random(t, storetest.SQLite(t, nil), time.Second, 1+seed)
				})
				if len(breaches) > 0 {
					t.Logf("found with seed %d: %s", 1+seed, breaches[0])
					return
				}
			}
			t.Error("nothing was found in ten runs")
		})
	}
}
