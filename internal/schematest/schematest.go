// Package schematest holds output in tests against the JSON Schemas in docs/schema.
package schematest

import (
	"bytes"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Check fails the test unless text is one JSON document of the form alblens/summary/v1.
func Check(t testing.TB, text []byte) {
	t.Helper()
	if err := Validate(text); err != nil {
		t.Errorf("%v", err)
	}
}

// Validate says what is wrong with text.
func Validate(text []byte) error {
	schema, err := summary()
	if err != nil {
		return err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(doc)
}

var summary = sync.OnceValues(func() (*jsonschema.Schema, error) {
	_, here, _, _ := runtime.Caller(0)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	return c.Compile(filepath.Join(filepath.Dir(here), "../../docs/schema/summary-v1.schema.json"))
})
