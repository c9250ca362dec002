package edge

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
)

// maxComers bounds how many comers of a minute are told apart; when more come, the
// minute ends early.
const maxComers = 100_000

// Limiter bounds how many requests each of many comers may send: so many a
// minute, a sixth of them, but at least ten, in one go. Whoever has sent nothing
// for a minute is forgotten, which changes nothing for them, so that it holds no
// more than those who came within two minutes. It is safe for concurrent use, and
// a nil one bounds nothing.
type Limiter struct {
	perMinute, burst int
	now              func() time.Time

	mu           sync.Mutex
	young, older map[string]*rate.Limiter // guarded by mu; those of this minute and of the one before
	since        time.Time                // guarded by mu; when the younger ones began
}

// NewLimiter returns a limiter; nil, which bounds nothing, when perMinute is 0.
func NewLimiter(perMinute int, now func() time.Time) *Limiter {
	if perMinute == 0 {
		return nil
	}
	return &Limiter{
		perMinute: perMinute, burst: min(perMinute, max(perMinute/6, 10)), now: now,
		young: map[string]*rate.Limiter{}, since: now(),
	}
}

// Admit counts one request of a viewer, by API key or session. One too many is
// an *calling.Error with CodeRateLimited that says when to try again.
func (l *Limiter) Admit(viewer auth.Viewer) error {
	switch {
	case l == nil:
		return nil
	case viewer.KeyID != "":
		return l.take(viewer.KeyID, "one API key")
	case viewer.SessionKeyID != "": // however many sessions a key begins
		return l.take(viewer.SessionKeyID, "one API key")
	case viewer.SessionID != "":
		return l.take(viewer.SessionID, "one session")
	}
	return l.take(viewer.OrganizationID, "one organization")
}

// take counts a request of somebody.
func (l *Limiter) take(who, what string) error {
	now := l.now()
	bucket := l.bucket(who, now)
	reservation := bucket.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	reservation.CancelAt(now)
	e := calling.Errorf(calling.CodeRateLimited, "At most %d requests a minute may come from %s; try again in %s.",
		l.perMinute, what, calling.Plural(int((wait+time.Second-1)/time.Second), "second"))
	e.RetryAfter = wait
	return e
}

// spent reports whether somebody has nothing left, without counting anything.
func (l *Limiter) spent(who string) bool {
	now := l.now()
	return l.bucket(who, now).TokensAt(now) < 1
}

// bucket returns somebody's, a full one for who has not come for a minute.
func (l *Limiter) bucket(who string, now time.Time) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.since) >= time.Minute || len(l.young) >= maxComers {
		l.older, l.young, l.since = l.young, map[string]*rate.Limiter{}, now
	}
	bucket := l.young[who]
	if bucket == nil {
		if bucket = l.older[who]; bucket == nil {
			bucket = rate.NewLimiter(rate.Limit(float64(l.perMinute)/time.Minute.Seconds()), l.burst)
		}
		l.young[who] = bucket
	}
	return bucket
}
