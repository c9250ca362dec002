package rest

import (
	_ "embed"
	"net/http"
)

// openAPI describes every route of this door, and /session, as OpenAPI 3.1. It is
// written by hand; tests hold every answer against it.
//
//go:embed openapi.json
var openAPI []byte

// openapi is GET /openapi.json.
func (s *server) openapi(w http.ResponseWriter, _ *http.Request) error {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "public, max-age=300")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Access-Control-Allow-Origin", "*") // it is public, and tools that read it run in browsers
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(openAPI) // what fails here is the connection
	return nil
}
