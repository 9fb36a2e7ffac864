// SPDX-License-Identifier: Apache-2.0

package trigger

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOnlyAPostTriggers(t *testing.T) {
	fired := 0
	s, err := Listen(t.Context(), "127.0.0.1:0", func() { fired++ })
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, c := range []struct {
		method string
		status int
	}{
		{http.MethodGet, http.StatusMethodNotAllowed}, {http.MethodPost, http.StatusAccepted}, {http.MethodPost, http.StatusAccepted},
	} {
		request, err := http.NewRequestWithContext(t.Context(), c.method, "http://"+s.Addr().String()+"/trigger", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != c.status {
			t.Errorf("%s: %s", c.method, response.Status)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if fired != 2 {
		t.Errorf("fired %d times", fired)
	}
}

func TestAWebPageCantTrigger(t *testing.T) {
	for header, value := range map[string]string{"Origin": "http://elsewhere.example", "Sec-Fetch-Site": "same-origin"} {
		request := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080/", nil)
		request.Header.Set(header, value)
		answer := httptest.NewRecorder()
		Handler(func() { t.Errorf("%s: fired", header) }).ServeHTTP(answer, request)
		if answer.Code != http.StatusForbidden {
			t.Errorf("%s: %d", header, answer.Code)
		}
	}
}

func TestAWrongAddressIsAnError(t *testing.T) {
	if s, err := Listen(t.Context(), "127.0.0.1:99999", nil); err == nil {
		s.Close()
		t.Error("no error")
	}
}
