// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// ErrNone: there is no Chromium on this machine.
var ErrNone = errors.New("no chromium, chromium-browser or google-chrome is installed")

// timeout is after how long a browser that hangs is given up.
const timeout = time.Minute

// Chromium is a running browser.
type Chromium struct {
	cmd     *exec.Cmd
	cancel  context.CancelFunc
	profile string
	wire    *connection
}

// Start starts an installed browser. It is to be closed. Errors: ErrNone.
func Start(ctx context.Context) (*Chromium, error) {
	path, err := find()
	if err != nil {
		return nil, err
	}
	profile, err := os.MkdirTemp("", "spead-chromium-")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	c := &Chromium{cancel: cancel, profile: profile}
	c.cmd = exec.CommandContext(ctx, path,
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
		// Names lead nowhere, so that nothing leaves this machine.
		"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
		"--user-data-dir="+profile, "--remote-debugging-pipe", "about:blank")
	if c.wire, err = connect(c.cmd); err == nil {
		return c, nil
	}
	cancel()
	return nil, errors.Join(err, os.RemoveAll(profile))
}

func find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNone
}

// Close ends the browser, and returns when it is gone.
func (c *Chromium) Close() error {
	_, err := c.wire.call("", "Browser.close", nil)
	if err != nil {
		c.cancel()
	}
	waited := c.cmd.Wait()
	c.cancel()
	c.wire.close()
	if err == nil {
		err = waited
	}
	return errors.Join(err, os.RemoveAll(c.profile))
}

// Window is how a page is looked at.
type Window struct {
	// Width and Height are in pixels.
	Width, Height int
	// Dark says that the user prefers dark colours, and Phone that it is one.
	Dark, Phone bool
}

// Page is an open page.
type Page struct {
	wire    *connection
	session string
}

// Open opens a page and waits until it has loaded and an expression in JavaScript is true.
func (c *Chromium) Open(url string, w Window, until string) (*Page, error) {
	target, err := c.wire.call("", "Target.createTarget", object{"url": "about:blank"})
	if err != nil {
		return nil, err
	}
	attached, err := c.wire.call("", "Target.attachToTarget", object{"targetId": target["targetId"], "flatten": true})
	if err != nil {
		return nil, err
	}
	p := &Page{c.wire, fmt.Sprint(attached["sessionId"])}
	colours := "light"
	if w.Dark {
		colours = "dark"
	}
	for _, step := range []struct {
		method string
		params object
	}{
		{"Runtime.enable", nil}, {"Log.enable", nil}, {"Network.enable", nil}, {"Page.enable", nil},
		{"Emulation.setDeviceMetricsOverride", object{"width": w.Width, "height": w.Height, "deviceScaleFactor": 1, "mobile": w.Phone}},
		{"Emulation.setEmulatedMedia", object{"features": []object{{"name": "prefers-color-scheme", "value": colours}}}},
		{"Page.navigate", object{"url": url}},
	} {
		if _, err := p.wire.call(p.session, step.method, step.params); err != nil {
			return nil, err
		}
	}
	if err := p.wire.await(p.session, "Page.loadEventFired"); err != nil {
		return nil, err
	}
	_, err = p.Evaluate("new Promise(r => { const look = () => (" + until + ") ? r('') : setTimeout(look, 10); look(); })")
	return p, err
}

// Evaluate gives the value of an expression in JavaScript that is a text, or a promise of one.
func (p *Page) Evaluate(expression string) (string, error) {
	answer, err := p.wire.call(p.session, "Runtime.evaluate", object{"expression": expression, "awaitPromise": true, "returnByValue": true})
	if err != nil {
		return "", err
	}
	if _, failed := answer["exceptionDetails"]; failed {
		return "", fmt.Errorf("%s: %v", expression, answer["exceptionDetails"])
	}
	result, _ := answer["result"].(object)
	return fmt.Sprint(result["value"]), nil
}

// Screenshot gives a picture of the page as it is in its window, as PNG.
func (p *Page) Screenshot() ([]byte, error) {
	answer, err := p.wire.call(p.session, "Page.captureScreenshot", object{"format": "png"})
	if err != nil {
		return nil, err
	}
	return decode(fmt.Sprint(answer["data"]))
}

// Requests gives the address of everything that the page has asked for.
func (p *Page) Requests() (urls []string) {
	for _, params := range p.wire.happened(p.session, "Network.requestWillBeSent") {
		request, _ := params["request"].(object)
		urls = append(urls, fmt.Sprint(request["url"]))
	}
	return urls
}

// Complaints gives what stands on the page's console.
func (p *Page) Complaints() (lines []string) {
	for _, event := range []string{"Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"} {
		for _, params := range p.wire.happened(p.session, event) {
			lines = append(lines, fmt.Sprint(params))
		}
	}
	return lines
}
