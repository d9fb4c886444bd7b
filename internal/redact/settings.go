package redact

import (
	"bytes"
	"encoding/json"
)

// Settings redacts what aws describe-* printed: values of environment variables, and what is a secret by its form, where
// secrets are to be taken out. Addresses in it are the network's. What is no JSON is redacted as text.
func (r *Redactor) Settings(text []byte) []byte {
	if r == nil || !r.hide.Secrets {
		return text
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var document any
	if d.Decode(&document) != nil || d.More() {
		return []byte(r.Text(string(text)))
	}
	out, err := json.MarshalIndent(setting("", document), "", "    ")
	if err != nil {
		panic("BUG: " + err.Error()) // of what was decoded
	}
	return append(out, '\n')
}

// setting redacts a value that stands under a member of that name.
func setting(name string, value any) any {
	switch v := value.(type) {
	case string:
		return secretForms(v)
	case []any:
		for i := range v {
			v[i] = setting(name, v[i])
		}
	case map[string]any:
		for key := range v {
			if _, text := v[key].(string); text && name == "environment" && key == "value" {
				v[key] = "{secret}"
				continue
			}
			v[key] = setting(key, v[key])
		}
	}
	return value
}
