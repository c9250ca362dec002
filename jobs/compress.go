package jobs

import (
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
)

// compressed sends texts as gzip to those who take it.
func compressed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept-Encoding")
		zipped := &zipWriter{ResponseWriter: w, plain: !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")}
		if !zipped.plain {
			r.Header.Del("Range") // a part of what is not compressed is no part of what is
		}
		defer zipped.close()
		next.ServeHTTP(zipped, r)
	})
}

// zipWriter compresses a body once its header says that it is a text.
type zipWriter struct {
	http.ResponseWriter

	plain bool         // nothing is to be compressed
	zip   *gzip.Writer // nil = the body goes out as it is
	begun bool
}

// WriteHeader decides whether the body is compressed.
func (w *zipWriter) WriteHeader(status int) {
	if !w.begun {
		w.begun = true
		header := w.Header()
		if header.Get("Cache-Control") == "" { // a file that is not found takes it away
			header.Set("Cache-Control", "no-store")
		}
		hasBody := status >= http.StatusOK && status != http.StatusNoContent && status != http.StatusNotModified
		if !w.plain && hasBody && header.Get("Content-Encoding") == "" && isText(header.Get("Content-Type")) {
			header.Del("Content-Length")
			header.Set("Content-Encoding", "gzip")
			w.zip = gzip.NewWriter(w.ResponseWriter)
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write writes a part of the body.
func (w *zipWriter) Write(part []byte) (int, error) {
	if !w.begun {
		if w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", http.DetectContentType(part))
		}
		w.WriteHeader(http.StatusOK)
	}
	if w.zip == nil {
		return w.ResponseWriter.Write(part) //nolint:wrapcheck // it stands in for the writer
	}
	n, err := w.zip.Write(part)
	if err != nil {
		return n, fmt.Errorf("compress: %w", err)
	}
	return n, nil
}

func (w *zipWriter) close() {
	if w.zip != nil {
		_ = w.zip.Close() // nobody is left to be told
	}
}

func isText(contentType string) bool {
	for _, kind := range []string{"text/", "application/json", "application/javascript", "image/svg+xml", "application/manifest+json"} {
		if strings.HasPrefix(contentType, kind) {
			return true
		}
	}
	return false
}
