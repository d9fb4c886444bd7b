package sources

import (
	"context"
	"io"
	"iter"
	"time"

	"alblens/internal/logname"
)

// Ref names one object, with what listing told about it.
type Ref struct {
	Name     string       // as shown to people: a path, a URL such as s3://bucket/key, or "-"
	Size     int64        // stored bytes; -1 when unknown, as for a pipe
	ETag     string       // version of the content as the store tells it; "" when it does not
	Modified time.Time    // last change; zero when unknown
	Log      logname.Name // what Name tells
	Named    bool         // named outright by an argument: read whatever its name says
}

// Source is a set of objects. Its methods may be called from several
// goroutines at once.
type Source interface {
	// List yields the objects in an order that depends on their names alone.
	// An error does not end the sequence unless the context has ended; each
	// one is a *Problem, or the context's error. An object whose name dates
	// it outside the selection is left out silently.
	List(ctx context.Context, sel Selection) iter.Seq2[Ref, error]

	// Open streams the object's stored bytes; the caller closes the reader.
	// A reader must not be read after ctx has ended. Errors of Open are
	// *Problems, or the context's error.
	Open(ctx context.Context, ref Ref) (io.ReadCloser, error)
}

// Store reads all that URLs of one scheme name, under the rules of Source.
type Store interface {
	List(ctx context.Context, url string, sel Selection) iter.Seq2[Ref, error]
	Open(ctx context.Context, ref Ref) (io.ReadCloser, error)
}

// A Checker is a Store that tells a malformed URL before anything is read.
type Checker interface{ Check(url string) error }

// Requests is how often stores were asked, not counting what was asked again.
type Requests struct {
	List int64 // pages of listings
	Get  int64 // objects, or the rest of one
}

// A Counter is a Store, or a Source, that counts its requests.
type Counter interface{ Requests() Requests }
