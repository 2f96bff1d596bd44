"""A client of `portbook serve` that holds each answer against what the server says of itself."""

import http.client
import json
import re
import signal
import socket
import ssl
import subprocess
from pathlib import Path

import jsonschema

JSON = {"Content-Type": "application/json"}


def make_certificate(folder, name="cert"):
    """A certificate for ports.example and some addresses, which vouches for itself; and its key."""
    cert, key = folder / f"{name}.pem", folder / f"{name}-key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "7", "-keyout", key, "-out", cert, "-subj", f"/CN={name}.example",
         "-addext", "subjectAltName=DNS:ports.example,IP:127.0.0.1,IP:10.9.9.9,IP:::1"],
        check=True, capture_output=True)
    key.chmod(0o600)
    return cert, key


def next_line(stream):
    """The next line of stderr that is not on what this kernel, or this build, lacks; "": the end."""
    while "not fenced off" in (line := stream.readline()):
        pass
    return line


def status_of(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def children_of(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Answer:
    """A reply that was read."""

    def __init__(self, reply):
        self.status, self.headers, self.bytes = reply.status, reply.headers, reply.read()

    @property
    def json(self):
        return json.loads(self.bytes)

    def __repr__(self):
        return f"{self.status}\n{self.headers}\n{self.bytes!r}"


class Served:
    """A server that runs, and a client of it."""

    def __init__(self, pb, *options, env=None, where=None):
        self.pb = pb
        self.unix = str(pb.base / "api.sock")
        listen = (["--listen", "127.0.0.1:0", "--listen", f"unix:{self.unix}"]
                  if where is None else where)
        self.process = pb.start("serve", "--json", *listen, *options, env=env)
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        self.said = json.loads(line)
        self.listening = self.said["listening"]
        tcp = [x for x in self.listening if x.startswith("http://127")]
        self.port = int(tcp[0].rpartition(":")[2]) if tcp else None
        far = [x for x in self.listening if x.startswith("https://")]
        self.tls_port = int(far[0].rpartition(":")[2]) if far else None
        self.certificate = None  # whom a client by TLS believes
        self.document = None

    def connection(self, over="unix"):
        if over == "unix":
            return UnixConnection(self.unix)
        if over == "tls":
            trusts = ssl.create_default_context(cafile=str(self.certificate))
            return http.client.HTTPSConnection("127.0.0.1", self.tls_port, timeout=20,
                                               context=trusts)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def raw(self, text):
        """Bytes over TCP as they are, and all that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as sock:
            sock.sendall(text if isinstance(text, bytes) else text.encode())
            sock.shutdown(socket.SHUT_WR)
            got = b""
            while piece := sock.recv(65536):
                got += piece
            return got.decode()

    def ask(self, method, path, body=None, headers=None, over="unix", connection=None):
        connection = connection or self.connection(over)
        headers = dict(headers or {})
        if method not in ("GET", "HEAD", "DELETE"):
            headers = {**JSON, **headers}
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        connection.request(method, path, body, headers)
        answer = Answer(connection.getresponse())
        self.check(method, path, answer)
        return answer

    def ok(self, method, path, body=None, status=200, **options):
        answer = self.ask(method, path, body, **options)
        assert answer.status == status, answer
        return answer.json

    def problem(self, status, code, method, path, body=None, **options):
        answer = self.ask(method, path, body, **options)
        assert answer.status == status, answer
        said = answer.json
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert said["status"] == status and said["code"] == code, said
        return said

    # What the document says of an answer.

    def described(self):
        if self.document is None:
            connection = self.connection("unix" if self.unix in str(self.listening) else "tcp")
            connection.request("GET", "/api/v1/openapi.json")
            self.document = Answer(connection.getresponse()).json
        return self.document

    def responses(self, method, path):
        path = path.partition("?")[0]
        for template, methods in self.described()["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
                if method.lower() in methods:
                    return methods[method.lower()]["responses"]
        return None

    def check(self, method, path, answer):
        responses = self.responses(method, path)
        if responses is None or not answer.bytes:
            return
        response = responses.get(str(answer.status), responses["default"])
        kind = answer.headers["Content-Type"]
        assert kind in response["content"], f"{kind} is not described: {answer}"
        jsonschema.Draft202012Validator(
            {**response["content"][kind]["schema"],
             "components": self.described()["components"]}).validate(answer.json)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=20) == 0, self.process.stderr.read()
