package chaos

import (
	"fmt"
	"slices"
)

// The kinds of faults.
const (
	faultKill    = "kill"    // SIGKILL to a node, started again after a while
	faultStop    = "stop"    // SIGTERM to a node, as a deploy does
	faultFreeze  = "freeze"  // SIGSTOP to a node for longer than its lease, then SIGCONT
	faultCrash   = "crash"   // the database server stops at once and starts again
	faultCut     = "cut"     // a node's connections to database or carrier are closed and refused
	faultStall   = "stall"   // nothing gets through, in one direction or both, and nobody is told
	faultSlow    = "slow"    // everything takes a while
	faultReset   = "reset"   // connections are reset once
	faultControl = "control" // no fault: clients pause, resume and cancel at random
)

// Faults returns the names of everything a run can break.
func Faults() []string {
	return []string{faultKill, faultStop, faultFreeze, faultCrash, faultCut, faultStall, faultSlow, faultReset, faultControl}
}

// known reports whether a fault has this name.
func known(name string) bool { return slices.Contains(Faults(), name) }

// ParseFaults checks the names of faults, of which "control" is none.
func ParseFaults(names []string) (faults []string, controls bool, err error) {
	for _, name := range names {
		switch {
		case name == faultControl:
			controls = true
		case known(name):
			faults = append(faults, name)
		case name != "":
			return nil, false, fmt.Errorf("there is no fault %q; there are %v", name, Faults())
		}
	}
	return faults, controls, nil
}
