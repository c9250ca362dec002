package calling

import "time"

// RetryPolicy says when a contact is dialed again.
type RetryPolicy struct {
	MaxAttempts int           // dials of one contact, the first included
	Delay       time.Duration // before the first retry; doubles with every further one
	MaxDelay    time.Duration // upper bound of the doubling, which a longer Delay is not subject to; 0 = none
}

// Decision is what an ended attempt means for its contact.
type Decision struct {
	Status        ContactStatus // PENDING when it is dialed again
	Spent         bool          // the attempt counts against MaxAttempts
	NextAttemptAt time.Time     // when Status is PENDING
}

// Decide says what becomes of a contact whose attempt ended with report, spent
// attempts having been counted before this one. Attempts that were never dialed
// are not spent and come back after the carrier's wish or the policy's delay.
func (p RetryPolicy) Decide(report Report, spent int, now time.Time) Decision {
	if report.NotDialed {
		wait := report.RetryAfter
		if wait <= 0 {
			wait = p.Delay
		}
		return Decision{Status: ContactPending, NextAttemptAt: now.Add(wait)}
	}
	rule := report.Outcome.Rule()
	if !rule.Retried || spent+1 >= p.MaxAttempts {
		return Decision{Status: rule.Final, Spent: true}
	}
	return Decision{Status: ContactPending, Spent: true, NextAttemptAt: now.Add(p.delay(spent))}
}

func (p RetryPolicy) delay(spent int) time.Duration {
	d := p.Delay
	for range spent {
		d *= 2
		if p.MaxDelay > 0 && d >= p.MaxDelay {
			return max(p.Delay, p.MaxDelay)
		}
	}
	return d
}
