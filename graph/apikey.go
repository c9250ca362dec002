package graph

import (
	"context"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/apikey"
	"github.com/outdial/outdial/graph/model"
)

// pageKeys reads a page of the organization's API keys, newest first.
func (r *Resolver) pageKeys(ctx context.Context, a arguments) (*model.ApiKeyConnection, error) {
	if _, err := may(ctx, auth.Admin); err != nil {
		return nil, err
	}
	rows := r.Store.Read()
	p := byID(calling.ApiKeyPrefix, func(row *ent.ApiKey) string { return row.ID })
	p.count = rows.ApiKey.Query().Count
	p.fetch = func(ctx context.Context, s span[string]) ([]*ent.ApiKey, error) {
		query := rows.ApiKey.Query()
		if s.after != nil {
			query.Where(apikey.IDLT(*s.after))
		}
		if s.before != nil {
			query.Where(apikey.IDGT(*s.before))
		}
		return query.Order(choose(s.backward, ent.Asc, ent.Desc)(apikey.FieldID)).Limit(s.limit).All(ctx)
	}
	return p.page(ctx, a)
}

// createKey makes an API key, or says why not.
func (r *Resolver) createKey(ctx context.Context, input model.CreateAPIKeyInput) (*model.CreateAPIKeyPayload, error) {
	row, key, err := r.Accounts.CreateAPIKey(ctx, accounts.NewKey{Name: input.Name, Scopes: input.Scopes, ExpiresAt: input.ExpiresAt})
	if err != nil {
		wrong, err := controlErrors(err, "")
		return &model.CreateAPIKeyPayload{UserErrors: wrong}, err
	}
	return &model.CreateAPIKeyPayload{APIKey: row, Secret: &key}, nil
}

// revokeKey revokes an API key, or says why not.
func (r *Resolver) revokeKey(ctx context.Context, input model.RevokeAPIKeyInput) (*model.RevokeAPIKeyPayload, error) {
	row, err := r.Accounts.RevokeAPIKey(ctx, input.APIKeyID)
	if err != nil {
		wrong, err := controlErrors(err, "apiKeyId")
		return &model.RevokeAPIKeyPayload{UserErrors: wrong}, err
	}
	return &model.RevokeAPIKeyPayload{APIKey: row}, nil
}
