// Package schema describes the tables of Outdial, one noun a file. Every table
// but organizations carries organization_id, by which the store keeps every
// query inside its organization. Field comments are the manual of the columns.
package schema
