package browsercheck

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"alblens/internal/redact"
	"alblens/report"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromium starts one browser for all tests, or skips where there is none.
func chromium(t *testing.T) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	path := findChromium()
	if path == "" {
		if os.Getenv("ALBLENS_REQUIRE_ALL") == "1" {
			t.Fatal("there is no chromium; apt-get install chromium")
		}
		t.Skip("there is no chromium")
	}
	startOnce.Do(func() {
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.Flag("disable-dev-shm-usage", true),
			chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"), chromedp.WSURLReadTimeout(time.Minute))
		if os.Geteuid() == 0 {
			options = append(options, chromedp.NoSandbox) // root may not use it
		}
		allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
		started, stopBrowser = chromedp.NewContext(allocator)
		startError = chromedp.Run(started)
		_ = stop // the browser goes with the process, in TestMain
	})
	if startError != nil {
		t.Fatal(startError)
	}
	return started
}

var (
	startOnce   sync.Once
	started     context.Context
	stopBrowser context.CancelFunc
	startError  error
)

func findChromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func TestMain(m *testing.M) {
	code := m.Run()
	if stopBrowser != nil {
		stopBrowser()
	}
	os.Exit(code)
}

// A tab shows one report.
type tab struct {
	*testing.T
	ctx  context.Context
	file string

	mu       sync.Mutex
	faults   []string // errors and warnings of the console, exceptions
	requests []string // addresses other than the file's
}

// A screen is what the page is shown on.
type screen struct {
	width, height int64
	dark          bool
	scriptless    bool
}

var (
	desk  = screen{width: 1280, height: 900}
	phone = screen{width: 390, height: 844}
)

// watched runs before the page's own scripts.
const watched = `
window.violations = [];
document.addEventListener('securitypolicyviolation', (e) => violations.push(e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sample));
window.ran = [];
for (const name of ['alert', 'confirm', 'prompt', 'open']) window[name] = () => ran.push(name);
`

// open writes the report to a file and opens it with the network off.
func open(t *testing.T, r *report.Report, s screen) *tab {
	t.Helper()
	chrome := chromium(t)
	file := filepath.Join(t.TempDir(), "report.html")
	w, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	secretless := redact.New(redact.Options{Secrets: true}, redact.NewKey()) // as HTML is, unasked
	if err := report.HTML(w, r.Redacted(secretless)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(chrome)
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(func() { stop(); cancel() })
	x := &tab{T: t, ctx: ctx, file: file}
	chromedp.ListenTarget(ctx, x.listen)
	theme := "light"
	if s.dark {
		theme = "dark"
	}
	x.run(network.Enable(), log.Enable(),
		network.OverrideNetworkState(true, 0, 0, 0),
		emulation.SetDeviceMetricsOverride(s.width, s.height, 1, s.width < 600),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}),
		emulation.SetScriptExecutionDisabled(s.scriptless),
		browser.SetPermission(&browser.PermissionDescriptor{Name: "clipboard-write"}, browser.PermissionSettingGranted),
		browser.SetPermission(&browser.PermissionDescriptor{Name: "clipboard-read"}, browser.PermissionSettingGranted),
		chromedp.ActionFunc(func(ctx context.Context) error {
			_, err := page.AddScriptToEvaluateOnNewDocument(watched).Do(ctx)
			return err
		}),
		page.BringToFront(), // a tab behind another one is drawn seldom
		chromedp.Navigate("file://"+file))
	t.Cleanup(x.clean)
	return x
}

func (x *tab) listen(event any) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		x.faults = append(x.faults, e.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		x.faults = append(x.faults, "console."+string(e.Type))
	case *log.EventEntryAdded:
		x.faults = append(x.faults, e.Entry.Text)
	case *network.EventRequestWillBeSent:
		if url := e.Request.URL; url != "file://"+x.file && !strings.HasPrefix(url, "data:") {
			x.requests = append(x.requests, url)
		}
	}
}

// clean fails the test if the page complained, ran what it should not, or asked for anything.
func (x *tab) clean() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, f := range x.faults {
		x.Errorf("the console says: %s", f)
	}
	for _, r := range x.requests {
		x.Errorf("the page asked for %s", r)
	}
}

func (x *tab) run(actions ...chromedp.Action) {
	x.Helper()
	if err := chromedp.Run(x.ctx, actions...); err != nil {
		x.Fatal(err)
	}
}

// eval returns what an expression of the page is.
func eval[T any](x *tab, expression string) T {
	x.Helper()
	var value T
	x.run(chromedp.Evaluate(expression, &value, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return value
}

// nothingRan fails the test if a policy was violated or a dialog opened.
func (x *tab) nothingRan() {
	x.Helper()
	for _, v := range eval[[]string](x, "violations.concat(ran)") {
		x.Errorf("violated or ran: %s", v)
	}
}

// click is on the first element that a selector finds.
func click(selector string) chromedp.Action { return chromedp.Click(selector, chromedp.ByQuery) }
