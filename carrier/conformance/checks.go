package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/outdial/outdial/calling"
)

const startBefore = "Outdial-Start-Before"

// Nobody is dialed by the first checks, whatever the runtime does: what they ask
// for has no number.
const noNumber calling.Number = "no number"

func withoutToken(ctx context.Context, s *session) error {
	return s.refusesToken(ctx, func(r *http.Request) { r.Header.Del("Authorization") })
}

func wrongToken(ctx context.Context, s *session) error {
	return s.refusesToken(ctx, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+s.Token+"x") })
}

func (s *session) refusesToken(ctx context.Context, change func(*http.Request)) error {
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		a, err := s.ask(ctx, method, s.id("token"), s.body(noNumber, ""), change)
		if err != nil {
			return err
		}
		if a.status != http.StatusUnauthorized && a.status != http.StatusForbidden {
			return fmt.Errorf("%s is answered %d, not 401", method, a.status)
		}
	}
	return nil
}

func getUnknown(ctx context.Context, s *session) error {
	if _, err := s.wants(ctx, http.StatusNotFound, http.MethodGet, s.id("unknown"), nil, nil); err != nil {
		return err
	}
	_, err := s.wants(ctx, http.StatusNotFound, http.MethodGet, s.id("unknown")+"?state=queued&wait=1", nil, nil)
	return err
}

func deleteUnknown(ctx context.Context, s *session) error {
	_, err := s.wants(ctx, http.StatusNotFound, http.MethodDelete, s.id("unknown"), nil, nil)
	return err
}

func badNumber(ctx context.Context, s *session) error {
	a, err := s.ask(ctx, http.MethodPut, s.id("number"), s.body(noNumber, ""), s.soon)
	if err != nil {
		return err
	}
	switch a.status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusUnprocessableEntity:
	default:
		return fmt.Errorf("PUT is answered %d, not 422", a.status)
	}
	var said struct{ Outcome string }
	if err := json.Unmarshal(a.body, &said); err != nil {
		return fmt.Errorf("the answer is no JSON: %w", err)
	}
	return knownOutcome(said.Outcome)
}

func late(ctx context.Context, s *session) error {
	passed := time.Now().Add(-time.Second) //nolint:forbidigo // the clock on the wall is what is checked
	_, err := s.wants(ctx, http.StatusPreconditionFailed, http.MethodPut, s.id("late"), s.body(s.To, ""), before(passed))
	if err != nil {
		return err
	}
	a, err := s.ask(ctx, http.MethodGet, s.id("late"), nil, nil)
	if err == nil && a.status == http.StatusOK {
		err = errors.New("PUT is answered 412, and GET that there is a call all the same")
	}
	return err
}

// soon says that there is a minute left.
func (s *session) soon(r *http.Request) {
	before(time.Now().Add(time.Minute))(r) //nolint:forbidigo // the clock on the wall is what is checked
}

func before(at time.Time) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(startBefore, at.UTC().Format(time.RFC3339Nano)) }
}

func accept(ctx context.Context, s *session) error {
	a, err := s.wants(ctx, http.StatusCreated, http.MethodPut, s.id(first), s.body(s.To, ""), s.soon)
	if err == nil {
		_, err = s.read(a, first)
	}
	return err
}

// again comes when it is too late for a new call, which this is not.
func again(ctx context.Context, s *session) error {
	if _, err := s.dialed(ctx, first); err != nil {
		return err
	}
	passed := time.Now().Add(-time.Second) //nolint:forbidigo // the clock on the wall is what is checked
	a, err := s.wants(ctx, http.StatusOK, http.MethodPut, s.id(first), s.body(s.To, ""), before(passed))
	if err == nil {
		_, err = s.read(a, first)
	}
	return err
}

func otherBody(ctx context.Context, s *session) error {
	if _, err := s.dialed(ctx, first); err != nil {
		return err
	}
	_, err := s.wants(ctx, http.StatusConflict, http.MethodPut, s.id(first), s.body(s.To, "another"), s.soon)
	return err
}

func together(ctx context.Context, s *session) error {
	const askers = 10
	type reply struct {
		status int
		err    error
	}
	replies := make(chan reply, askers)
	for range askers {
		go func() {
			a, err := s.ask(ctx, http.MethodPut, s.id(shared), s.body(s.To, ""), s.soon)
			replies <- reply{a.status, err}
		}()
	}
	created, known := 0, 0
	var errs []error
	for range askers {
		switch got := <-replies; {
		case got.err != nil:
			errs = append(errs, got.err)
		case got.status == http.StatusCreated:
			created++
		case got.status == http.StatusOK:
			known++
		default:
			errs = append(errs, fmt.Errorf("PUT is answered %d", got.status))
		}
	}
	if created != 1 || known != askers-1 {
		errs = append(errs, fmt.Errorf("%d are answered 201 and %d are answered 200, not 1 and %d", created, known, askers-1))
	}
	return errors.Join(errs...)
}

// otherState names a state that the call is not in.
func otherState(ctx context.Context, s *session) error {
	c, err := s.dialed(ctx, first)
	if err != nil {
		return err
	}
	other := "ended"
	if c.State == other {
		other = "queued"
	}
	wait := s.Patience + 10*time.Second
	_, err = s.look(ctx, first, fmt.Sprintf("?state=%s&wait=%d", other, int(min(wait, time.Minute).Seconds())))
	return err
}

func sameState(ctx context.Context, s *session) error {
	c, err := s.dialed(ctx, first)
	if err != nil {
		return err
	}
	was := c.State
	c, err = s.look(ctx, first, "?wait=1&state="+was)
	if err == nil && c.State == was && c.took < time.Second/2 {
		err = fmt.Errorf("with wait=1 it answers after %s that the call is %s as before", c.took.Round(time.Millisecond), was)
	}
	return err
}

// wakes has a call change by hanging it up. Whether that works is not its
// question.
func wakes(ctx context.Context, s *session) error {
	c, err := s.dialed(ctx, shared)
	if err != nil || c.State == "ended" {
		return err
	}
	was := c.State
	woken := make(chan error, 1)
	go func() {
		wait := min(s.Patience+10*time.Second, time.Minute)
		_, err := s.look(ctx, shared, fmt.Sprintf("?state=%s&wait=%d", was, int(wait.Seconds())))
		woken <- err
	}()
	changed, err := until(ctx, s.Patience/2, func() (bool, error) {
		if _, err := s.ask(ctx, http.MethodDelete, s.id(shared), nil, nil); err != nil {
			return false, err
		}
		now, err := s.look(ctx, shared, "")
		return now.State != was, err
	})
	if err != nil {
		return err
	}
	if err = <-woken; err != nil && changed {
		return fmt.Errorf("the call is not %s any more, but the GET that waits for that: %w", was, err)
	}
	return nil
}

func hangUp(ctx context.Context, s *session) error {
	if _, err := s.dialed(ctx, first); err != nil {
		return err
	}
	if _, err := s.wants(ctx, http.StatusNoContent, http.MethodDelete, s.id(first), nil, nil); err != nil {
		return err
	}
	gone, err := s.hasEnded(ctx, s.Patience)
	if err == nil && !gone {
		err = fmt.Errorf("the call has not ended %s later", s.Patience)
	}
	return err
}

func (s *session) hasEnded(ctx context.Context, within time.Duration) (bool, error) {
	return until(ctx, within, func() (bool, error) {
		c, err := s.look(ctx, first, "")
		return c.State == "ended", err
	})
}

// atTheEnd returns the first call once it has ended, by being hung up or by
// itself.
func (s *session) atTheEnd(ctx context.Context) (call, error) {
	if _, err := s.dialed(ctx, first); err != nil {
		return call{}, err
	}
	if gone, err := s.hasEnded(ctx, 6*s.Patience); err != nil || !gone {
		return call{}, errors.Join(errors.New("cannot be checked: no call ends"), err)
	}
	return s.look(ctx, first, "")
}

func ended(ctx context.Context, s *session) error {
	c, err := s.atTheEnd(ctx)
	if err != nil {
		return err
	}
	if c.EndedAt == nil {
		return errors.New("endedAt is missing")
	}
	var duration float64
	if json.Unmarshal(c.DurationSeconds, &duration) != nil || duration < 0 {
		return errors.New("durationSeconds is no number of seconds")
	}
	return knownOutcome(c.Outcome)
}

func knownOutcome(word string) error {
	o := calling.Outcome(strings.ToUpper(word))
	if o.Rule().Outcome != o || o == calling.OutcomeUnknown || word != strings.ToLower(word) {
		return fmt.Errorf("the outcome is %.60q, which is none of the protocol's", word)
	}
	return nil
}

// times allows for clocks that differ a little and answers that take a while.
func times(ctx context.Context, s *session) error {
	const apart = 5 * time.Minute
	c, err := s.atTheEnd(ctx)
	if err != nil {
		return err
	}
	for _, t := range []struct {
		name    string
		written *string
	}{{"ringingAt", c.RingingAt}, {"answeredAt", c.AnsweredAt}, {"endedAt", c.EndedAt}} {
		if t.written == nil {
			continue
		}
		at, err := time.Parse(time.RFC3339Nano, *t.written)
		if err != nil {
			return fmt.Errorf("%s is %.60q", t.name, *t.written)
		}
		if off := time.Since(at); off.Abs() > apart { //nolint:forbidigo // the clock on the wall is what is checked
			return fmt.Errorf("%s is %s away from now", t.name, off.Abs().Round(time.Second))
		}
	}
	return nil
}
