package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// storms breaks things until there have been as many faults as planned.
type storms struct {
	world *World
	plan  Plan
	dice  *rand.Rand

	database sync.Mutex // held by whoever breaks it
}

// run returns once all faults have happened and are mended.
func (s *storms) run(ctx context.Context) {
	var underWay sync.WaitGroup
	two := make(chan struct{}, 2) // faults at a time
	for n := 0; n < s.plan.Kills && ctx.Err() == nil; n++ {
		pause(ctx, s.between(s.plan.Calm/4, s.plan.Calm))
		kind := s.plan.Faults[s.dice.IntN(len(s.plan.Faults))]
		victim := s.world.Nodes[s.dice.IntN(len(s.world.Nodes))]
		how := s.dice.Uint64()
		two <- struct{}{}
		underWay.Go(func() {
			defer func() { <-two }()
			if err := s.strike(ctx, kind, victim, rand.New(rand.NewPCG(s.plan.Seed, how))); err != nil && ctx.Err() == nil { //nolint:gosec // repeatable on purpose
				s.world.note(fmt.Sprintf("%s: %v", kind, err))
			}
		})
	}
	underWay.Wait()
}

func (s *storms) between(least, most time.Duration) time.Duration {
	return between(s.dice, least, most)
}

func between(dice *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(dice.Int64N(int64(most-least)+1))
}

// strike carries out one fault and mends it.
func (s *storms) strike(ctx context.Context, kind string, victim *Node, dice *rand.Rand) error {
	f := Fault{Kind: kind}
	defer func() {
		if !f.At.IsZero() {
			s.world.note(f)
		}
	}()
	if kind == faultCrash {
		return s.crash(ctx, &f, dice)
	}
	victim.busy.Lock()
	defer victim.busy.Unlock()
	f.Node = victim.life()
	switch kind {
	case faultKill:
		f.At = time.Now()
		return s.kill(ctx, victim, dice)
	case faultStop:
		f.At = time.Now()
		err := victim.Stop()
		return errors.Join(err, victim.surely(ctx))
	case faultFreeze:
		lease := s.world.lease()
		return s.world.Freeze(ctx, victim, between(dice, lease, lease+4*time.Second))
	}
	f.At = time.Now()
	err := s.disturb(ctx, kind, victim, dice)
	f.Until = time.Now()
	return err
}

// kill kills a node at once, and starts it again soon or after its calls were
// taken over.
func (s *storms) kill(ctx context.Context, victim *Node, dice *rand.Rand) error {
	if err := victim.Kill(); err != nil {
		return err
	}
	if len(s.world.Nodes) > 1 && dice.IntN(2) == 0 {
		pause(ctx, between(dice, 0, 2*s.world.lease()))
	} else {
		pause(ctx, between(dice, 0, time.Second))
	}
	return victim.surely(ctx)
}

// crash crashes the database server and starts it again.
func (s *storms) crash(ctx context.Context, f *Fault, dice *rand.Rand) error {
	if s.world.Setup.Server == nil {
		return nil
	}
	s.database.Lock()
	defer s.database.Unlock()
	f.At = time.Now()
	if err := s.world.Setup.Server.Crash(); err != nil {
		return err
	}
	pause(ctx, between(dice, 0, 5*time.Second))
	err := s.world.Setup.Server.Restart()
	f.Until = time.Now()
	return err
}

// disturb changes the weather between a node and one of the two it talks to, for
// a while.
func (s *storms) disturb(ctx context.Context, kind string, victim *Node, dice *rand.Rand) error {
	p := victim.carrier
	if victim.database != nil && dice.IntN(2) == 0 {
		p = victim.database
	}
	var w weather
	switch kind {
	case faultReset:
		p.reset()
		return nil
	case faultCut:
		w.cut, w.refuse = true, dice.IntN(2) == 0
	case faultStall:
		ways := dice.IntN(3)
		w.stallUp, w.stallDown = ways != 1, ways != 0
	case faultSlow:
		w.delay = between(dice, 5*time.Millisecond, 200*time.Millisecond)
	}
	if err := p.set(w); err != nil {
		return err
	}
	pause(ctx, between(dice, 500*time.Millisecond, s.world.lease()+3*time.Second))
	return p.set(weather{})
}

// lease is how long a silent node of this world keeps its calls.
func (w *World) lease() time.Duration {
	if w.Setup.Lease == 0 {
		return 15 * time.Second
	}
	return w.Setup.Lease
}
