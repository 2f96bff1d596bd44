"""A stand-in for Cloudflare's API, which holds each request against what the API documents."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

ACCOUNT = "023e105f4ecef8ad9ca31a8372d0c353"
TUNNEL = "f70ff985-a4ef-4643-bbbc-4a0ed4fc8415"
ZONE = "9a7806061c88ada191ed06f989cc3dac"
TOKEN = "secret-token"

RULE_KEYS = {"hostname", "path", "service", "originRequest"}


def complaint_of(config):
    """What the API would refuse in a configuration; None: nothing."""
    if not isinstance(config, dict) or not isinstance(config.get("ingress"), list):
        return "no config"
    rules = config["ingress"]
    if any(set(r) - RULE_KEYS or not isinstance(r.get("service"), str) for r in rules):
        return "a rule has unknown members, or no service"
    if not rules or rules[-1].get("hostname") or any(not r.get("hostname") for r in rules[:-1]):
        return "The last ingress rule must match all URLs"
    return None


class Cloudflare:
    def __init__(self):
        self.config, self.version, self.source = None, 0, "cloudflare"
        self.records, self.log, self.token = {}, [], TOKEN
        self.before = {}  # (method, path): what happens just before such a request is served

    # --- what it answers: (status, result or complaint)

    def configuration(self):
        return 200, {"account_id": ACCOUNT, "tunnel_id": TUNNEL, "config": self.config,
                     "version": self.version, "source": self.source}

    def put_configuration(self, body):
        complaint = set(body) != {"config"} and "unknown members" or complaint_of(body["config"])
        if complaint:
            return 400, complaint
        self.config, self.version = body["config"], self.version + 1
        return self.configuration()

    def zones(self, query):
        return 200, [{"id": ZONE, "name": "example.org"}] if query == "example.org" else []

    def named_records(self, query):
        return 200, [self.records[query]] if query in self.records else []

    def make_record(self, body):
        if set(body) != {"type", "name", "content", "proxied", "ttl"} or body["type"] != "CNAME":
            return 400, "DNS Validation Error"
        if body["name"] in self.records:
            return 400, "An A, AAAA, or CNAME record with that host already exists."
        self.records[body["name"]] = body
        return 200, {"id": "r1", **body}

    def answer(self, method, path, query, body):
        name = query.get("name", [None])[0]
        routes = {
            ("GET", f"/accounts/{ACCOUNT}/cfd_tunnel/{TUNNEL}/configurations"): self.configuration,
            ("PUT", f"/accounts/{ACCOUNT}/cfd_tunnel/{TUNNEL}/configurations"):
                lambda: self.put_configuration(body),
            ("GET", "/zones"): lambda: self.zones(name),
            ("GET", f"/zones/{ZONE}/dns_records"): lambda: self.named_records(name),
            ("POST", f"/zones/{ZONE}/dns_records"): lambda: self.make_record(body),
        }
        if (method, path) not in routes:
            return 404, "Could not route to " + path
        return routes[method, path]()


def handler_of(api):
    class Handler(BaseHTTPRequestHandler):
        def serve(self):
            url = urlsplit(self.path)
            path = re.sub("^/client/v4", "", url.path)
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            api.log.append((self.command, path))
            hook = api.before.pop((self.command, path, len([e for e in api.log if e == (
                self.command, path)])), None)
            if hook:
                hook()
            if self.headers.get("Authorization") != f"Bearer {api.token}":
                self.say(403, "Authentication error")
            elif body is not None and self.headers.get("Content-Type") != "application/json":
                self.say(415, "Content-Type must be application/json")
            else:
                self.say(*api.answer(self.command, path, parse_qs(url.query), body))

        do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = serve

        def say(self, status, result):
            ok = status < 300
            errors = [] if ok else [{"code": 1000 + status, "message": result}]
            body = json.dumps({"success": ok, "errors": errors, "messages": [],
                               "result": result if ok else None}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    return Handler


@pytest.fixture
def cloudflare():
    """The stand-in; its `env` is for the program."""
    api = Cloudflare()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(api))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    api.env = {"CLOUDFLARE_API_BASE_URL": f"http://127.0.0.1:{server.server_port}/client/v4",
               "CLOUDFLARE_API_TOKEN": TOKEN, "CLOUDFLARE_ACCOUNT_ID": ACCOUNT}
    yield api
    server.shutdown()
    thread.join()
    server.server_close()
