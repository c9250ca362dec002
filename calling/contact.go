package calling

// ContactStatus says where a contact of a batch job is now. The last outcome is
// kept beside it.
type ContactStatus string

// The statuses of a contact.
const (
	ContactPending   ContactStatus = "PENDING"   // due now or at its next attempt time
	ContactDialing   ContactStatus = "DIALING"   // an attempt is in flight
	ContactCompleted ContactStatus = "COMPLETED" // somebody, or their voicemail, was spoken to
	ContactFailed    ContactStatus = "FAILED"    // attempts used up, or an outcome that ends the contact
	ContactCancelled ContactStatus = "CANCELLED" // the batch was cancelled before the contact was final
)

// Values lists every status, as ent's enum fields ask for it.
func (ContactStatus) Values() []string {
	return names(ContactPending, ContactDialing, ContactCompleted, ContactFailed, ContactCancelled)
}

// Final reports whether a contact with this status is never dialed again by
// itself.
func (s ContactStatus) Final() bool {
	return s == ContactCompleted || s == ContactFailed || s == ContactCancelled
}
