package calling

// CreditKind says what a line of the credit ledger is for.
type CreditKind string

// The kinds of ledger lines.
const (
	CreditTopUp   CreditKind = "TOP_UP"  // credits were added
	CreditHold    CreditKind = "HOLD"    // credits were set aside for a batch job
	CreditCapture CreditKind = "CAPTURE" // calls were paid for, first from the hold
	CreditRelease CreditKind = "RELEASE" // what was left of a hold was given back
)

// Values lists every kind, as ent's enum fields ask for it.
func (CreditKind) Values() []string {
	return names(CreditTopUp, CreditHold, CreditCapture, CreditRelease)
}
