"""A page of another origin, in a browser as people have it: it neither reads nor changes anything.

The page tries what pages can, and sends what came of it to where it is from.
"""

import ctypes
import http.server
import json
import queue
import shutil
import signal
import subprocess
import threading

import pytest
from prometheus_client.parser import text_string_to_metric_families

BROWSER = shutil.which("chromium-headless-shell") or shutil.which("chromium")

pytestmark = pytest.mark.slow

PAGE = """<!DOCTYPE html><title>page</title><body><script>
const api = "http://127.0.0.1:PORT/api/v1", renamed = "http://rebound.example:PORT/api/v1";
const body = JSON.stringify({projectName: "stolen"});
const results = {};

// What a page may know of an answer: that there was one, and what it says.
const read = async (name, url, options) => {
    try {
        const reply = await fetch(url, options);
        results[name] = reply.type + " " + reply.status + " " + (await reply.text()).slice(0, 60);
    } catch (error) {
        results[name] = "failed";
    }
};
const element = (name, tag, set) => new Promise(done => {
    const e = document.createElement(tag);
    e.onload = () => { results[name] = "loaded"; done(); };
    e.onerror = () => { results[name] = "failed"; done(); };
    set(e);
    document.body.append(e);
});
const frame = (name, url) => new Promise(done => {
    const e = document.createElement("iframe");
    e.onload = () => {
        try { results[name] = e.contentDocument.body.innerText; }
        catch (error) { results[name] = "failed"; }
        if (results[name] === undefined || e.contentDocument === null) results[name] = "failed";
        done();
    };
    e.src = url;
    document.body.append(e);
});
const form = (name, type) => new Promise(done => {
    const target = document.createElement("iframe");
    target.name = name;
    const f = document.createElement("form");
    Object.assign(f, {action: api + "/projects", method: "POST", enctype: type, target: name});
    const field = document.createElement("input");
    Object.assign(field, {name: '{"projectName":"stolen","x":"', value: '"}'});
    f.append(field);
    document.body.append(target, f);
    target.onload = () => { results[name] = "sent"; done(); };
    f.submit();
});
const stream = name => new Promise(done => {
    const source = new EventSource(api + "/events");
    source.onopen = () => { results[name] = "open"; source.close(); done(); };
    source.onerror = () => { results[name] = "failed"; source.close(); done(); };
});

(async () => {
    await read("own", "/own");
    await read("get", api + "/projects");
    await read("get with credentials", api + "/projects", {credentials: "include"});
    await read("get without cors", api + "/projects", {mode: "no-cors"});
    await read("metrics", "http://127.0.0.1:PORT/metrics");
    await read("document", api + "/openapi.json");
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/json"])
        for (const mode of ["cors", "no-cors"])
            await read(type + " " + mode, api + "/projects",
                       {method: "POST", mode, body, headers: {"Content-Type": type}});
    await read("delete", api + "/projects/shop", {method: "DELETE"});
    await read("put", api + "/projects/shop/services/web", {method: "PUT", body});
    await read("mcp", "http://127.0.0.1:PORT/mcp", {method: "POST", body, mode: "no-cors"});
    await read("old path", "http://127.0.0.1:PORT/mcp/meta/get_port",
               {method: "POST", body, mode: "no-cors"});
    await read("rebound", renamed + "/projects");
    await element("script", "script", e => e.src = api + "/projects");
    await element("image", "img", e => e.src = api + "/projects");
    await element("style", "link", e => Object.assign(e, {rel: "stylesheet",
                                                          href: api + "/projects"}));
    await frame("frame", api + "/projects");
    await form("form", "text/plain");
    await form("form of fields", "application/x-www-form-urlencoded");
    await stream("stream");
    await fetch("/done", {method: "POST", body: JSON.stringify(results)});
})();
</script>"""


@pytest.fixture
def site():
    """site(PAGE): a server of pages on a port of its own; site.results.get() is what they send."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self, kind, text):
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def do_GET(self):
            own = self.path == "/own"
            self.answer("text/plain" if own else "text/html", "mine" if own else self.server.page)

        def do_POST(self):
            length = int(self.headers["Content-Length"])
            self.server.results.put(json.loads(self.rfile.read(length)))
            self.answer("text/plain", "")

        def log_message(self, *_):
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.results = queue.Queue()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


PR_SET_PDEATHSIG = 1


def die_with_the_tests():
    """However they end: also if they are killed, and no fixture ends anything."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@pytest.fixture
def browse(pb):
    """browse(URL): a browser that has this page open until the end of the test.

    Its processes have a namespace of their own, which goes with the first of them.
    """
    if BROWSER is None:
        pytest.skip("no chromium-headless-shell")
    started = []

    def run(url):
        started.append(subprocess.Popen(
            ["unshare", "--pid", "--fork", "--kill-child=KILL",
             BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-dev-shm-usage", "--disable-background-networking",
             "--host-resolver-rules=MAP *.example 127.0.0.1", "--remote-debugging-port=0",
             "--no-proxy-server",
             f"--user-data-dir={pb.base}/browser", url], cwd=pb.base, env=pb.environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=die_with_the_tests))
    yield run
    for process in started:
        process.kill()
        process.wait()


def replies(served):
    """How many replies there were, by status."""
    return {s.labels["status"]: s.value
            for family in text_string_to_metric_families(
                served.ask("GET", "/metrics").bytes.decode())
            for s in family.samples if s.name == "portbook_http_replies_total"}


@pytest.mark.parametrize("host", ["evil.example", "localhost"])
def test_page__of_another_origin_reads_and_changes_nothing(shop, site, browse, host):
    site.page = PAGE.replace("PORT", str(shop.port))
    asked = replies(shop)
    before = shop.ok("GET", "/api/v1/history?limit=1000")["events"]
    browse(f"http://{host}:{site.server_address[1]}/")
    results = site.results.get(timeout=100)
    assert results.pop("own") == "basic 200 mine"  # the page itself could ask and tell
    for name in ("form", "form of fields"):
        assert results.pop(name) == "sent"
    # It was this server that refused, and not a browser that did not ask.
    assert replies(shop)["4xx"] - asked["4xx"] >= 20
    # Without CORS there is an answer, of which the page may know nothing.
    assert {name: result for name, result in results.items()
            if result not in ("failed", "opaque 0 ")} == {}
    assert shop.ok("GET", "/api/v1/history?limit=1000")["events"] == before
    assert "stolen" not in str(shop.ok("GET", "/api/v1/projects"))
    assert shop.ask("GET", "/healthz", over="tcp").status == 200
