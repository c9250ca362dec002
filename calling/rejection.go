package calling

import "strings"

// RejectionCode says why one row of an upload is not a contact. The batch job
// is created from the other rows.
type RejectionCode string

// The reasons a row is left out.
const (
	RejectedPhoneFormat   RejectionCode = "INVALID_PHONE_FORMAT"    // the phone is not E.164
	RejectedPhoneMissing  RejectionCode = "MISSING_PHONE"           // there is no phone
	RejectedRowTooLong    RejectionCode = "ROW_TOO_LONG"            // more cells than the header has columns
	RejectedNameTooLong   RejectionCode = "NAME_TOO_LONG"           // the name does not fit
	RejectedFieldsTooBig  RejectionCode = "CUSTOM_FIELDS_TOO_LARGE" // the custom fields do not fit
	RejectedFieldsTooDeep RejectionCode = "CUSTOM_FIELDS_TOO_DEEP"  // the custom fields are nested too deep
	RejectedDuplicate     RejectionCode = "DUPLICATE"               // an earlier row has the same number
)

// Values lists every code, as ent's enum fields ask for it.
func (RejectionCode) Values() []string {
	return names(RejectedPhoneFormat, RejectedPhoneMissing, RejectedRowTooLong, RejectedNameTooLong,
		RejectedFieldsTooBig, RejectedFieldsTooDeep, RejectedDuplicate)
}

// Public returns the code as the REST API writes it: "invalid_phone_format".
func (c RejectionCode) Public() string { return strings.ToLower(string(c)) }
