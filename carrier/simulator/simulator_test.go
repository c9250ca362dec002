package simulator_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/carrier/simulator"
)

// plain are numbers that end in none of the magic suffixes.
func plain(n int) []calling.Number {
	dice := rand.New(rand.NewPCG(1, 1))
	numbers := make([]calling.Number, 0, n)
	for len(numbers) < n {
		number := calling.Number(fmt.Sprintf("+1%010d", 2_000_000_000+dice.IntN(8_000_000_000)))
		if !slices.ContainsFunc(simulator.Suffixes(), func(s simulator.Suffix) bool { return strings.HasSuffix(string(number), s.Digits) }) {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

func TestCourseIsAlwaysTheSame(t *testing.T) {
	t.Parallel()
	numbers := plain(300)
	type ask struct {
		number  calling.Number
		attempt int
	}
	var asks []ask
	for _, number := range numbers {
		for attempt := range 4 {
			asks = append(asks, ask{number, attempt + 1})
		}
	}
	first := simulator.New(simulator.Config{Seed: 7})
	want := map[ask]simulator.Course{}
	for _, a := range asks {
		want[a] = first.Course(a.number, a.attempt)
	}
	t.Run("in any order, in any simulator with the seed", func(t *testing.T) {
		t.Parallel()
		second := simulator.New(simulator.Config{Seed: 7, TimeScale: 60})
		dice := rand.New(rand.NewPCG(2, 2))
		for range 5000 {
			a := asks[dice.IntN(len(asks))]
			if diff := cmp.Diff(want[a], second.Course(a.number, a.attempt)); diff != "" {
				t.Fatalf("attempt %d of %s: %s", a.attempt, a.number, diff)
			}
		}
	})
	t.Run("and another for another seed, number or attempt", func(t *testing.T) {
		t.Parallel()
		other := simulator.New(simulator.Config{Seed: 8})
		same, courses := 0, map[simulator.Course]int{}
		for _, a := range asks {
			if other.Course(a.number, a.attempt) == want[a] {
				same++ // what has a fixed length may be the same
			}
			courses[want[a]]++
		}
		if same > len(asks)/4 {
			t.Errorf("%d of %d calls go the same with another seed", same, len(asks))
		}
		if len(courses) < len(asks)/2 {
			t.Errorf("%d calls go only %d ways", len(asks), len(courses))
		}
	})
}

func TestCourseShares(t *testing.T) {
	t.Parallel()
	const calls = 20_000
	s := simulator.New(simulator.Config{Seed: 1})
	counts := map[calling.Outcome]int{}
	var talk time.Duration
	for _, number := range plain(calls) {
		c := s.Course(number, 1)
		counts[c.Outcome]++
		if c.Outcome == calling.OutcomeCompleted {
			talk += c.Talk
		}
		talks := c.Outcome == calling.OutcomeCompleted || c.Outcome == calling.OutcomeVoicemail
		if (c.Talk > 0) != talks || c.Ring <= 0 || c.NotDialed {
			t.Errorf("a call goes like this: %+v", c)
		}
	}
	for outcome, percent := range map[calling.Outcome]float64{
		calling.OutcomeCompleted: 58, calling.OutcomeVoicemail: 15, calling.OutcomeNoAnswer: 13, calling.OutcomeBusy: 6,
		calling.OutcomeRejected: 3, calling.OutcomeInvalidNumber: 2, calling.OutcomeTimeout: 1.5, calling.OutcomeCarrierError: 1,
		calling.OutcomeBlocked: 0.5, calling.OutcomeCancelled: 0, calling.OutcomeUnknown: 0,
	} {
		share := percent / 100
		deviation := math.Sqrt(share * (1 - share) / calls)
		got := float64(counts[outcome]) / calls
		if math.Abs(got-share) > 4*deviation {
			t.Errorf("%s comes in %.2f %% of the calls, want %.1f %%", outcome, 100*got, percent)
		}
	}
	mean := talk / time.Duration(counts[calling.OutcomeCompleted])
	if off := math.Abs(mean.Seconds()/120 - 1); off > 0.03 {
		t.Errorf("people are talked to for %s on average, want two minutes", mean)
	}
}

func TestSuffixes(t *testing.T) {
	t.Parallel()
	want := map[string]calling.Outcome{
		"200": calling.OutcomeCompleted, "850": calling.OutcomeVoicemail, "480": calling.OutcomeNoAnswer, "486": calling.OutcomeBusy,
		"408": calling.OutcomeTimeout, "603": calling.OutcomeRejected, "608": calling.OutcomeBlocked, "404": calling.OutcomeInvalidNumber,
		"500": calling.OutcomeCarrierError, "487": calling.OutcomeCancelled, "999": calling.OutcomeUnknown, "503": calling.OutcomeCompleted,
	}
	documented := map[string]calling.Outcome{}
	for _, suffix := range simulator.Suffixes() {
		documented[suffix.Digits] = suffix.Outcome
	}
	if diff := cmp.Diff(want, documented); diff != "" {
		t.Error(diff)
	}
	for digits, outcome := range want {
		t.Run(digits+" is "+string(outcome), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for seed := range uint64(60) {
					s := simulator.New(simulator.Config{Seed: seed})
					c := call(calling.Number("+12025550" + digits))
					if digits == "503" {
						c.Attempt = 3
					}
					// As many numbers as seeds, and the program's own bounds.
					c.RingTimeout, c.MaxDuration = 45*time.Second, 30*time.Minute
					report, err := wait(s, t.Context(), c)
					if err != nil || report.Outcome != outcome || report.NotDialed {
						t.Errorf("with seed %d it ends as %+v: %v", seed, report, err)
					}
					checkInstants(t, c, report)
				}
			})
		})
	}
	t.Run("503 is full twice, at once, and spends nothing", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := simulator.New(simulator.Config{Seed: 1})
			for attempt, full := range map[int]bool{1: true, 2: true, 3: false, 4: false} {
				c := call("+12025550503")
				c.Attempt = attempt
				report, err := wait(s, t.Context(), c)
				if err != nil || report.NotDialed != full {
					t.Errorf("attempt %d ends as %+v: %v", attempt, report, err)
				}
				if full && (!report.EndedAt.Equal(c.StartedAt) || !report.RingingAt.IsZero() || report.Talk != 0) {
					t.Errorf("attempt %d rang: %+v", attempt, report)
				}
			}
		})
	})
}

// checkInstants checks what a report says of itself.
func checkInstants(t *testing.T, c calling.Call, r calling.Report) {
	t.Helper()
	answered := r.Outcome == calling.OutcomeCompleted || r.Outcome == calling.OutcomeVoicemail
	if answered != (r.Talk > 0) || answered != !r.AnsweredAt.IsZero() {
		t.Errorf("%s talked for %s since %s", r.Outcome, r.Talk, r.AnsweredAt)
	}
	if answered && (r.AnsweredAt.Before(r.RingingAt) || !r.EndedAt.After(r.AnsweredAt)) {
		t.Errorf("%s rang at %s, was answered at %s and ended at %s", r.Outcome, r.RingingAt, r.AnsweredAt, r.EndedAt)
	}
	silent := slices.Contains([]calling.Outcome{
		calling.OutcomeBusy, calling.OutcomeTimeout, calling.OutcomeBlocked, calling.OutcomeInvalidNumber, calling.OutcomeCarrierError,
	}, r.Outcome)
	if silent != r.RingingAt.IsZero() {
		t.Errorf("%s rang at %s", r.Outcome, r.RingingAt)
	}
	if !r.EndedAt.After(c.StartedAt) || r.EndedAt.Sub(c.StartedAt) > c.RingTimeout+c.MaxDuration {
		t.Errorf("%s ended %s after its start", r.Outcome, r.EndedAt.Sub(c.StartedAt))
	}
	if !strings.HasPrefix(r.Reason, "simulated: ") || strings.Contains(r.Reason, string(c.To)) ||
		(r.Outcome == calling.OutcomeNoAnswer) != strings.HasSuffix(r.Reason, "nobody answered") {
		t.Errorf("%s gives the reason %q", r.Outcome, r.Reason)
	}
}

// call is the first attempt at a number, started now.
func call(to calling.Number) calling.Call {
	return calling.Call{
		ID: "attempt of " + string(to), OrganizationID: "org_1", BatchJobID: "batch_1", To: to, Attempt: 1, StartedAt: time.Now(),
	}
}

func TestPlaceTakesItsTime(t *testing.T) {
	t.Parallel()
	for _, scale := range []float64{1, 60, 2000} {
		t.Run(fmt.Sprintf("%g simulated seconds in one", scale), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := simulator.New(simulator.Config{Seed: 1, TimeScale: scale})
				for _, number := range plain(50) {
					c := call(number)
					course := s.Course(number, 1)
					report, err := wait(s, t.Context(), c)
					if err != nil {
						t.Fatal(err)
					}
					took := time.Duration(float64(course.Ring)/scale) + time.Duration(float64(course.Talk)/scale)
					if got := time.Since(c.StartedAt); got != took || !report.EndedAt.Equal(c.StartedAt.Add(took)) {
						t.Errorf("%+v took %s and says it ended at %s, want %s", course, got, report.EndedAt, took)
					}
					if report.Outcome != course.Outcome || report.Talk != course.Talk {
						t.Errorf("%+v is reported as %+v", course, report)
					}
				}
			})
		})
	}
}

func TestPlaceKeepsToTheCallsBounds(t *testing.T) {
	t.Parallel()
	s := simulator.New(simulator.Config{Seed: 1})
	longest := func(of calling.Outcome, length func(simulator.Course) time.Duration) calling.Number {
		return slices.MaxFunc(plain(3000), func(a, b calling.Number) int {
			ca, cb := s.Course(a, 1), s.Course(b, 1)
			if (ca.Outcome == of) != (cb.Outcome == of) {
				return map[bool]int{true: 1, false: -1}[ca.Outcome == of]
			}
			return int(length(ca) - length(cb))
		})
	}
	ring := func(c simulator.Course) time.Duration { return c.Ring }
	talk := func(c simulator.Course) time.Duration { return c.Talk }
	for _, row := range []struct {
		behaviour string
		number    calling.Number
		ring, max time.Duration

		outcome calling.Outcome
		took    time.Duration
		talk    time.Duration
	}{
		{"who would answer after the bound has not answered", longest(calling.OutcomeCompleted, ring), 5 * time.Second, 0, calling.OutcomeNoAnswer, 5 * time.Second, 0},
		{"nor has a voicemail", longest(calling.OutcomeVoicemail, ring), 3 * time.Second, 0, calling.OutcomeNoAnswer, 3 * time.Second, 0},
		{"nor declined", longest(calling.OutcomeRejected, ring), time.Second, 0, calling.OutcomeNoAnswer, time.Second, 0},
		{"what rings out, rings no longer", longest(calling.OutcomeNoAnswer, ring), 20 * time.Second, 0, calling.OutcomeNoAnswer, 20 * time.Second, 0},
		{"what is not connected in time is still not connected", longest(calling.OutcomeTimeout, ring), 20 * time.Second, 0, calling.OutcomeTimeout, 20 * time.Second, 0},
		{"a forced answer comes in time", "+12025550200", time.Second, 10 * time.Second, calling.OutcomeCompleted, 11 * time.Second, 10 * time.Second},
		{"a forced end stays what it is", "+12025550999", time.Second, 0, calling.OutcomeUnknown, time.Second, 0},
		{"talking is ended", longest(calling.OutcomeCompleted, talk), 0, 30 * time.Second, calling.OutcomeCompleted, -1, 30 * time.Second},
	} {
		t.Run(row.behaviour, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := call(row.number)
				c.RingTimeout, c.MaxDuration = row.ring, row.max
				report, err := wait(simulator.New(simulator.Config{Seed: 1}), t.Context(), c)
				if err != nil || report.Outcome != row.outcome || report.Talk != row.talk {
					t.Errorf("ends as %+v: %v", report, err)
				}
				if got := report.EndedAt.Sub(c.StartedAt); row.took >= 0 && got != row.took {
					t.Errorf("took %s, want %s", got, row.took)
				}
			})
		})
	}
}

func TestPlaceAgain(t *testing.T) {
	t.Parallel()
	const person = calling.Number("+12025550200")
	t.Run("a simulator made anew sees the same call end at the same instant", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c := call(person)
			ctx, crash := context.WithTimeout(t.Context(), 10*time.Second)
			defer crash()
			if _, err := wait(simulator.New(simulator.Config{Seed: 1}), ctx, c); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("the first was not cut: %v", err)
			}
			time.Sleep(5 * time.Second)
			after := simulator.New(simulator.Config{Seed: 1})
			report, err := wait(after, t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			course := after.Course(person, 1)
			if want := c.StartedAt.Add(course.Ring + course.Talk); !report.EndedAt.Equal(want) || !time.Now().Equal(want) {
				t.Errorf("ended at %s, reported at %s, want %s", report.EndedAt, time.Now(), want)
			}
			if !report.RingingAt.Equal(c.StartedAt) {
				t.Errorf("it rang anew at %s", report.RingingAt)
			}
		})
	})
	t.Run("a call that is over is reported at once, as it was", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c := call(person)
			s := simulator.New(simulator.Config{Seed: 1})
			first, err := wait(s, t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			before := time.Now()
			second, err := wait(s, t.Context(), c)
			if diff := cmp.Diff(first, second); err != nil || diff != "" || !time.Now().Equal(before) {
				t.Errorf("after %s: %v %s", time.Since(before), err, diff)
			}
		})
	})
	t.Run("the end of the asker's context is an error at once", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			reason := errors.New("the node stops")
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(3*time.Second, func() { cancel(reason) })
			before := time.Now()
			report, err := wait(simulator.New(simulator.Config{Seed: 1}), ctx, call(person))
			if !errors.Is(err, reason) || time.Since(before) != 3*time.Second {
				t.Errorf("after %s it says %v", time.Since(before), err)
			}
			if diff := cmp.Diff(calling.Report{}, report); diff != "" {
				t.Error(diff)
			}
		})
	})
}

func TestPeak(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := simulator.New(simulator.Config{Seed: 1})
		var work sync.WaitGroup
		place := func(ctx context.Context, c calling.Call) {
			work.Go(func() { _, _ = wait(s, ctx, c) })
			synctest.Wait()
		}
		for i := range 3 {
			c := call("+12025550200")
			c.ID, c.BatchJobID = fmt.Sprint(i), "batch_a"
			place(t.Context(), c)
			place(t.Context(), c) // another node asks for the same call
		}
		other := call("+12025550200")
		other.ID, other.BatchJobID = "other", "batch_b"
		place(t.Context(), other)
		peaks := func() map[string]int {
			return map[string]int{"batch_a": s.Peak("batch_a"), "batch_b": s.Peak("batch_b"), "org_1": s.Peak("org_1"), "org_2": s.Peak("org_2")}
		}
		want := map[string]int{"batch_a": 3, "batch_b": 1, "org_1": 4, "org_2": 0}
		if diff := cmp.Diff(want, peaks()); diff != "" {
			t.Error("while they last:", diff)
		}
		work.Wait()

		// One asker of two leaves: the call goes on, and counts.
		gone, leave := context.WithCancel(t.Context())
		last := call("+12025550200")
		last.ID, last.BatchJobID = "last", "batch_b"
		place(gone, last)
		place(t.Context(), last)
		leave()
		synctest.Wait()
		next := call("+12025550200")
		next.ID, next.BatchJobID = "next", "batch_b"
		place(t.Context(), next)
		work.Wait()
		want["batch_b"] = 2
		if diff := cmp.Diff(want, peaks()); diff != "" {
			t.Error("afterwards:", diff)
		}
	})
}

func wait(s *simulator.Simulator, ctx context.Context, c calling.Call) (calling.Report, error) {
	report, _, err := s.Wait(ctx, c, nil)
	return report, err
}
