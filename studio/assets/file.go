package assets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// file is one embedded file, ready to be sent.
type file struct {
	raw          []byte // nil when the file is embedded compressed
	zipped       []byte // nil when compressing gains nothing
	hash         string // of the embedded bytes
	contentType  string
	cacheControl string
}

// load reads one file. It returns false for a file that is not to be served.
func load(files fs.FS, name string) (file, bool, error) {
	public := strings.TrimSuffix(name, ".gz")
	contentType := typeOf(public)
	if contentType == "" {
		return file{}, false, nil
	}
	body, err := fs.ReadFile(files, name)
	if err != nil {
		return file{}, false, fmt.Errorf("read %s: %w", name, err)
	}
	sum := sha256.Sum256(body)
	f := file{hash: hex.EncodeToString(sum[:12]), contentType: contentType, cacheControl: "no-cache"}
	if strings.HasPrefix(name, "assets/") {
		f.cacheControl = "public, max-age=31536000, immutable"
	}
	if public != name {
		f.zipped = body
		return f, true, nil
	}
	f.raw = body
	if zipped := zip(body); len(zipped) < len(body) {
		f.zipped = zipped
	}
	return f, true, nil
}

// typeOf returns the content type for a file name, "" for a name it does not
// know. The list is our own because the system's differs between machines.
func typeOf(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".json":
		return "application/json"
	case ".svg":
		return "image/svg+xml"
	case ".ttf":
		return "font/ttf"
	case ".woff2":
		return "font/woff2"
	case ".wasm":
		return "application/wasm"
	}
	return ""
}

// plain returns the uncompressed body. Few clients ask for it, so what is
// embedded compressed is decompressed each time.
func (f file) plain() ([]byte, error) {
	if f.raw != nil {
		return f.raw, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(f.zipped))
	if err != nil {
		return nil, fmt.Errorf("unzip: %w", err)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("unzip: %w", err)
	}
	return body, nil
}

func zip(body []byte) []byte {
	var zipped bytes.Buffer
	w, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression) // fails for unknown levels only
	_, _ = w.Write(body)                                       // a buffer takes everything
	_ = w.Close()
	return zipped.Bytes()
}
