package graph

import (
	"context"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/graph/model"
)

// timeZones lists the time zones to choose, with their offsets now.
func (r *Resolver) timeZones(ctx context.Context) ([]*model.TimeZoneOption, error) {
	if _, err := may(ctx, auth.Read); err != nil {
		return nil, err
	}
	now := r.now()
	options := calling.ZoneOptions()
	all := make([]*model.TimeZoneOption, len(options))
	for i, o := range options {
		all[i] = &model.TimeZoneOption{ID: o.ID, Label: o.Label, OffsetMinutes: o.OffsetMinutes(now), Aliases: o.Aliases}
	}
	return all, nil
}

// resolveStartTime says what a wall time in a time zone means, or what is wrong
// with it.
func (r *Resolver) resolveStartTime(ctx context.Context, local, timezone string) (*model.ResolvedStartTime, error) {
	if _, err := may(ctx, auth.Read); err != nil {
		return nil, err
	}
	resolved, problems := calling.ResolveStart(local, timezone, r.now())
	answer := &model.ResolvedStartTime{UserErrors: make([]*model.UserError, len(problems))}
	for i, p := range problems {
		field := choose(p.Field == "timezone", "timezone", "local")
		answer.UserErrors[i] = &model.UserError{Code: p.Code, Message: p.Detail, Path: []string{field}}
	}
	if resolved != nil {
		_, seconds := resolved.At.Zone()
		minutes, kind, at := seconds/60, model.WallTimeKind(resolved.Kind), resolved.At.UTC()
		answer.Instant, answer.OffsetMinutes, answer.Kind = &at, &minutes, &kind
	}
	return answer, nil
}
