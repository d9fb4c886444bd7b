package simulate

import (
	"encoding/json"
	"io"
)

// A Truth says what made one record fail. Records that no Truth names did not
// fail: the target answered below 500, or a rule below 400, or it is a web
// socket.
type Truth struct {
	TraceID string `json:"trace_id"` // as the log has it; "-" where the request was not understood
	Cause   Cause  `json:"cause"`
	Target  string `json:"target,omitempty"` // address and port; "" where none was chosen
	Path    string `json:"path,omitempty"`   // name of the route; "" where it was none of the site's
	Fault   Kind   `json:"fault,omitempty"`  // of the Incident that did it; "" where none did

	// Shows is the cause that the row has by its form, where that is not what made it fail. A request on a pooled
	// connection to a host that has died is an idle timeout by its row, and the host is why nobody can connect.
	Shows Cause `json:"shows,omitempty"`

	Object string `json:"object"` // key of the object that holds the record
	Line   int    `json:"line"`   // from 1
}

// truth is that of a record that failed, but for its place.
func (r *record) truth() Truth {
	t := Truth{TraceID: string(r.trace), Cause: r.cause, Path: r.path, Fault: r.fault, Shows: r.shows}
	if r.target != "-" {
		t.Target = r.target
	}
	return t
}

// WriteTruth writes truths as NDJSON.
func WriteTruth(w io.Writer, truths []Truth) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, t := range truths {
		if err := enc.Encode(t); err != nil {
			return err
		}
	}
	return nil
}
