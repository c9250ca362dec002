package calling_test

import (
	"testing"
	"time"

	"github.com/outdial/outdial/calling"
)

func TestPace(t *testing.T) {
	t.Parallel()
	const step = time.Second
	at := func(s float64) time.Time {
		return time.Unix(1_800_000_000, 0).Add(time.Duration(s * float64(time.Second)))
	}

	t.Run("a carrier that was never full slows nothing", func(t *testing.T) {
		t.Parallel()
		var p calling.Pace
		if room := p.Room(50, at(0), step); room != 50 || !p.Next(at(0), step).IsZero() {
			t.Errorf("there is room for %d, more at %v", room, p.Next(at(0), step))
		}
	})
	t.Run("one refusal stops dialing, halves it, and is forgotten", func(t *testing.T) {
		t.Parallel()
		p := calling.Pace{}.Refused(at(0), 0, step)
		for _, c := range []struct {
			at   float64
			room int
			next time.Time
		}{
			{0, 0, at(1)}, {0.999, 0, at(1)}, {1, 25, at(2)}, {1.999, 25, at(2)}, {2, 50, time.Time{}}, {1000, 50, time.Time{}},
		} {
			if room, next := p.Room(50, at(c.at), step), p.Next(at(c.at), step); room != c.room || !next.Equal(c.next) {
				t.Errorf("after %v s there is room for %d, more at %v, want %d and %v", c.at, room, next, c.room, c.next)
			}
		}
	})
	t.Run("refusals that come together count once", func(t *testing.T) {
		t.Parallel()
		p := calling.Pace{}.Refused(at(0), 0, step)
		if again := p.Refused(at(0.5), time.Minute, step); again != p {
			t.Errorf("%+v became %+v", p, again)
		}
	})
	t.Run("the carrier's wish is kept, within reason", func(t *testing.T) {
		t.Parallel()
		if p := (calling.Pace{}).Refused(at(0), 30*time.Second, step); !p.Until.Equal(at(30)) {
			t.Errorf("nobody is dialed until %v", p.Until)
		}
		if p := (calling.Pace{}).Refused(at(0), 24*time.Hour, step); !p.Until.Equal(at(300)) {
			t.Errorf("nobody is dialed until %v", p.Until)
		}
	})
	t.Run("a carrier that stays full is asked ever less, and always some", func(t *testing.T) {
		t.Parallel()
		var p calling.Pace
		now, waits := at(0), []time.Duration{}
		for range 9 {
			p = p.Refused(now, 0, step)
			waits = append(waits, p.Until.Sub(now))
			now = p.Until
			if room := p.Room(50, now, step); room < 1 {
				t.Errorf("level %d leaves room for %d", p.Level, room)
			}
		}
		if waits[0] != time.Second || waits[5] != 32*time.Second || waits[8] != 32*time.Second {
			t.Errorf("it waits for %v", waits)
		}
	})
	t.Run("every wake brings more room until there is all of it", func(t *testing.T) {
		t.Parallel()
		p := calling.Pace{Until: at(0), Level: 6}
		now, before, wakes := at(0), p.Room(64, at(0), step), 0
		for next := p.Next(now, step); !next.IsZero(); next = p.Next(now, step) {
			if !next.After(now) {
				t.Fatalf("woken at %v for %v", now, next)
			}
			now = next
			if room := p.Room(64, now, step); room <= before {
				t.Errorf("room went from %d to %d", before, room)
			} else {
				before = room
			}
			wakes++
		}
		if before != 64 || wakes != 6 || now.Sub(at(0)) != 63*time.Second {
			t.Errorf("after %d wakes and %v there is room for %d", wakes, now.Sub(at(0)), before)
		}
	})
}
