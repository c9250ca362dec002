package calling

// ChangeAction says what was done to a batch job.
type ChangeAction string

// The changes a batch job's history tells of.
const (
	ChangeCreated     ChangeAction = "CREATED"
	ChangeStarted     ChangeAction = "STARTED"
	ChangePaused      ChangeAction = "PAUSED"
	ChangeResumed     ChangeAction = "RESUMED"
	ChangeCancelled   ChangeAction = "CANCELLED"   // asked for; it is over once calls in flight have ended
	ChangeRescheduled ChangeAction = "RESCHEDULED" // another start time
	ChangeUpdated     ChangeAction = "UPDATED"     // name, limit or attempts
	ChangeRetried     ChangeAction = "RETRIED"     // ended contacts are to be dialed again
	ChangeEnded       ChangeAction = "ENDED"       // reached a status that ends it
)

// Values lists every action, as ent's enum fields ask for it.
func (ChangeAction) Values() []string {
	return names(ChangeCreated, ChangeStarted, ChangePaused, ChangeResumed, ChangeCancelled,
		ChangeRescheduled, ChangeUpdated, ChangeRetried, ChangeEnded)
}

// ChangeActor says what kind of actor changed a batch job.
type ChangeActor string

// The kinds of actors.
const (
	ActorAPIKey  ChangeActor = "API_KEY" // somebody, with an API key
	ActorSession ChangeActor = "SESSION" // somebody, in a browser's session
	ActorSystem  ChangeActor = "SYSTEM"  // the program by itself
)

// Values lists every kind, as ent's enum fields ask for it.
func (ChangeActor) Values() []string { return names(ActorAPIKey, ActorSession, ActorSystem) }
