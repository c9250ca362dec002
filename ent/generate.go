// Package ent is the tables of Outdial, generated from the descriptions in
// ent/schema. Nothing but this file and ent/schema is written by hand.
package ent

//go:generate go tool ent generate --feature sql/lock,sql/modifier,sql/execquery,sql/versioned-migration,intercept ./schema
