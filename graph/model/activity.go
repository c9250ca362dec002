package model

import (
	"time"

	"github.com/outdial/outdial/calling"
)

// OrganizationActivity is what has changed in an organization since the last
// event; what else there is to know of it is read when it is selected.
type OrganizationActivity struct {
	BatchJobs  []*calling.Progress
	OccurredAt time.Time
}
