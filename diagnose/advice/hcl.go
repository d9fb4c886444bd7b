package advice

import (
	"strconv"
	"strings"
)

// hcl is text of Terraform's language. Literals become one by themselves; a value has to go through quoted.
type hcl string

// quoted makes a string literal of a value; neither ${ nor %{ begins anything in it. What is not printable is left out.
func quoted(value string) hcl {
	r := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "${", "$${", "%{", "%%{")
	return hcl(`"` + r.Replace(printable(value)) + `"`)
}

func number(n int) hcl { return hcl(strconv.Itoa(n)) }

// label makes an identifier of a name of letters, digits and hyphens.
func label(name string) hcl {
	if name[0] >= 'A' && name[0] <= 'Z' || name[0] >= 'a' && name[0] <= 'z' {
		return hcl(name)
	}
	return hcl("_" + name)
}

func resource(kind, name hcl, body ...entry) hcl {
	return block("resource "+`"`+kind+`" "`+name+`"`, body...)
}

func data(kind, name hcl, body ...entry) hcl { return block("data "+`"`+kind+`" "`+name+`"`, body...) }

// An entry of a block is an argument, or a nested block if it has no name.
type entry struct{ name, value hcl }

func arg(name, value hcl) entry { return entry{name, value} }

func nested(head hcl, body ...entry) entry { return entry{"", block(head, body...)} }

// block writes a block as terraform fmt does: the equals signs of arguments that follow each other stand in one column.
func block(head hcl, body ...entry) hcl {
	text := head + " {\n"
	for i, e := range body {
		if e.name == "" {
			if i > 0 {
				text += "\n"
			}
			text += "  " + indented(e.value) + "\n"
			continue
		}
		if i > 0 && body[i-1].name == "" {
			text += "\n"
		}
		text += "  " + e.name + hcl(strings.Repeat(" ", column(body, i)-len(e.name))) + " = " + e.value + "\n"
	}
	return text + "}"
}

// indented moves all lines but the first and blank ones to the right.
func indented(text hcl) hcl {
	lines := strings.ReplaceAll(string(text), "\n", "\n  ")
	return hcl(strings.ReplaceAll(lines, "\n  \n", "\n\n"))
}

// column is the longest name of the arguments around body[i] with no nested block between.
func column(body []entry, i int) int {
	longest := 0
	from, to := i, i
	for from > 0 && body[from-1].name != "" {
		from--
	}
	for to < len(body) && body[to].name != "" {
		longest = max(longest, len(body[to].name))
		to++
	}
	for _, e := range body[from:i] {
		longest = max(longest, len(e.name))
	}
	return longest
}

func file(blocks []hcl) hcl {
	var texts []string
	for _, b := range blocks {
		texts = append(texts, string(b))
	}
	return hcl(strings.Join(texts, "\n\n"))
}
