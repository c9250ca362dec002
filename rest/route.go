package rest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/edge"
)

// endpoint answers a request, or says why not before it has answered anything.
type endpoint func(w http.ResponseWriter, r *http.Request) error

// route is one line of the list of routes.
type route struct {
	method string
	path   string     // as http.ServeMux reads it
	scope  auth.Scope // what the viewer must be allowed; empty = nobody is asked to sign in
	twin   bool       // also under /v1
	answer endpoint
}

// mux puts the routes together. Every other path is a 404 and every other
// method a 405, both in the one body of errors.
func (s *server) mux(routes []route) http.Handler {
	mux := http.NewServeMux()
	allowed := map[string][]string{}
	for _, rt := range routes {
		answer := rt.answer
		if rt.scope != "" {
			answer = s.signedIn(rt.scope, answer)
		}
		paths := []string{rt.path}
		if rt.twin {
			paths = append(paths, "/v1"+rt.path)
		}
		for _, path := range paths {
			mux.Handle(rt.method+" "+path, s.handler(answer))
			allowed[path] = append(allowed[path], rt.method)
		}
	}
	for path, methods := range allowed {
		mux.Handle(path, s.handler(methodNotAllowed(methods)))
	}
	mux.Handle("/", s.handler(notFound))
	return mux
}

// handler turns an endpoint into an http.Handler. Whatever comes of a body, it
// cannot keep the connection waiting: even one that nobody reads is waited for
// by net/http before the answer goes out.
func (s *server) handler(answer endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			s.expectBody(w)
		}
		if err := answer(w, r); err != nil {
			edge.WriteError(w, r, s.Log, err)
		}
	})
}

// signedIn lets requests through whose API key or session has the scope, and puts the
// viewer into their context. It does not read the body.
func (s *server) signedIn(scope auth.Scope, next endpoint) endpoint {
	return func(w http.ResponseWriter, r *http.Request) error {
		credentials, err := edge.Credentials(r)
		if err != nil {
			return err
		}
		viewer, err := s.Accounts.Identify(r.Context(), credentials)
		if err != nil {
			return err
		}
		if err := viewer.Need(scope); err != nil {
			return err
		}
		if s.Rate != nil {
			if err := s.Rate.Admit(viewer); err != nil {
				return err
			}
		}
		return next(w, r.WithContext(auth.WithViewer(r.Context(), viewer)))
	}
}

func notFound(_ http.ResponseWriter, r *http.Request) error {
	return calling.Errorf(calling.CodeNotFound, "There is nothing at %s.", calling.Quote(r.URL.Path))
}

func methodNotAllowed(methods []string) endpoint {
	if slices.Contains(methods, http.MethodGet) {
		methods = append(methods, http.MethodHead)
	}
	allow := strings.Join(methods, ", ")
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Allow", allow)
		return calling.Errorf(calling.CodeMethodNotAllowed, "%s does not answer %s; use %s.", r.URL.Path, r.Method, allow)
	}
}
