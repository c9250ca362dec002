// Package assets serves the files of a web page that are built into the
// program: compressed once, with validators, cache rules and a content security
// policy. It never reads the disk, lists a folder or guesses a content type.
//
// Start at [Handler].
package assets

import (
	"bytes"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
)

// Page is the files of a web page, by request path without the leading slash. It
// is safe for concurrent use.
type Page struct {
	files  map[string]file
	policy string
}

// Handler returns the files of a page. It answers GET and HEAD for the paths of files, and for "/" with index.html;
// mount it below another path with [http.StripPrefix].
//
// A file whose name ends in .gz is served under its name without that ending,
// as it is to clients that accept gzip and decompressed to others. Other files
// are compressed here, when that makes them smaller. Files below assets/ must
// have a hash of their content in the name: they are cached for ever, all
// others are revalidated. Files of unknown types are not served at all.
//
// policy is the Content-Security-Policy of every answer. Handler panics when
// the files cannot be read, since they are part of the program.
func Handler(files fs.FS, policy string) *Page {
	p := &Page{files: map[string]file{}, policy: policy}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		f, served, err := load(files, name)
		if served {
			p.files[strings.TrimSuffix(name, ".gz")] = f
		}
		return err
	})
	if err != nil {
		panic("assets: " + err.Error())
	}
	return p
}

// Has reports whether there is a file at the path of a request, such as
// "/theme.js".
func (p *Page) Has(path string) bool {
	_, ok := p.files[nameOf(path)]
	return ok
}

// ServeHTTP answers with a file, 304, 404 or 405.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.Serve(w, r, r.URL.Path)
}

// Serve answers with the file at another path than that of the request, as
// ServeHTTP would.
func (p *Page) Serve(w http.ResponseWriter, r *http.Request, path string) {
	header := w.Header()
	header.Set("Content-Security-Policy", p.policy)
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	f, ok := p.files[nameOf(path)]
	if !ok {
		http.NotFound(w, r)
		return
	}
	serve(w, r, f)
}

// nameOf is the name of the file at the path of a request.
func nameOf(path string) string {
	if path == "/" {
		return "index.html"
	}
	return strings.TrimPrefix(path, "/")
}

// serve picks the encoding, answers conditional requests and writes the body.
func serve(w http.ResponseWriter, r *http.Request, f file) {
	header := w.Header()
	header.Set("Cache-Control", f.cacheControl)
	header.Add("Vary", "Accept-Encoding")
	zipped := f.zipped != nil && acceptsGzip(r.Header.Get("Accept-Encoding"))
	etag := `"` + f.hash + `"`
	if zipped {
		etag = `"` + f.hash + `-gzip"`
	}
	header.Set("ETag", etag)
	// Entity tags are quoted, so one is never a part of another (RFC 9110, 8.8.3).
	if match := r.Header.Get("If-None-Match"); match == "*" || strings.Contains(match, etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.zipped
	if zipped {
		header.Set("Content-Encoding", "gzip")
	} else if plain, err := f.plain(); err == nil {
		body = plain
	} else {
		panic("assets: " + err.Error()) // a broken build, not a bad request
	}
	header.Set("Content-Type", f.contentType)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		_, _ = io.Copy(w, bytes.NewReader(body)) // a client that left is no error of ours
	}
}

// acceptsGzip reads an Accept-Encoding header (RFC 9110, 12.5.3). A weight of 0
// means no; a wildcard counts only where gzip is not named.
func acceptsGzip(header string) bool {
	wildcard := false
	for item := range strings.SplitSeq(header, ",") {
		coding, weight, _ := strings.Cut(item, ";")
		accepted := !zeroWeight(weight)
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip", "x-gzip":
			return accepted
		case "*":
			wildcard = accepted
		}
	}
	return wildcard
}

func zeroWeight(parameter string) bool {
	name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
	weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	return strings.EqualFold(strings.TrimSpace(name), "q") && err == nil && weight == 0
}
