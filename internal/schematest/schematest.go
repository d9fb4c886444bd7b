// Package schematest holds output in tests against the JSON Schemas in docs/schema.
package schematest

import (
	"bytes"
	"os"
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

// Validate says what is wrong with text as alblens/summary/v1.
func Validate(text []byte) error { return validate(text, "urn:alblens:summary:v1") }

// ValidateFollow says what is wrong with text as a line of alblens/follow/v1.
func ValidateFollow(text []byte) error { return validate(text, "urn:alblens:follow:v1") }

func validate(text []byte, urn string) error {
	c, err := schemas()
	if err != nil {
		return err
	}
	schema, err := c.Compile(urn)
	if err != nil {
		return err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(doc)
}

// schemas knows all of docs/schema, which may refer to each other.
var schemas = sync.OnceValues(func() (*jsonschema.Compiler, error) {
	_, here, _, _ := runtime.Caller(0)
	files, err := filepath.Glob(filepath.Join(filepath.Dir(here), "../../docs/schema/*.schema.json"))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		if err := c.AddResource(doc.(map[string]any)["$id"].(string), doc); err != nil {
			return nil, err
		}
	}
	return c, nil
})
