"""Programs of the stories: each listens where it was written to, and answers with its name."""

import http.client
import select
import shutil
import subprocess

import pytest

from ending import end_group
# A server that names its port itself; with more than one it listens on each.
FIXED = """
const [name, ...ports] = process.argv.slice(1);
const servers = ports.map(() => require("http").createServer((ask, answer) => answer.end(name)));
let left = ports.length;
servers.forEach((server, i) => server.on("error", e => { console.error(e.code); process.exit(1); })
    .listen(+ports[i], () => --left || console.log("listening", process.pid)));
"""

# As Vite and Next do: where the port is in use, the next one.
WALKING = """
const [name, first] = process.argv.slice(1);
const server = require("http").createServer((ask, answer) => answer.end(name));
let port = +first;
server.on("error", () => server.listen(++port)).on("listening", () => console.log("listening"))
    .listen(port);
"""

# Python's server as it is, which does without SO_REUSEADDR; it hangs up first, as HTTP/1.0 has it.
OWN_PORT = """
import os, socketserver, sys
class Name(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(1000)
        self.request.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\n" + sys.argv[1].encode())
socketserver.TCPServer.allow_reuse_address = sys.argv[3] == "reuse"
server = socketserver.TCPServer(("127.0.0.1", int(sys.argv[2])), Name)
print("listening", flush=True)
server.serve_forever()
"""


def fixed(name, *ports):
    return ["node", "-e", FIXED, name, *map(str, ports)]


def walking(name, first):
    return ["node", "-e", WALKING, name, str(first)]


def python(name, port, manner="reuse"):
    return ["/usr/bin/python3", "-S", "-E", "-c", OWN_PORT, name, str(port), manner]


def need_node():
    if shutil.which("node") is None:
        pytest.skip("there is no node here")


def who(port):
    """The name of who answers there; None: nobody does."""
    ask = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        ask.request("GET", "/", headers={"Connection": "close"})
        return ask.getresponse().read().decode()
    except ConnectionError:
        return None
    finally:
        ask.close()


class Program:
    """A process that says "listening", or ends."""

    def __init__(self, process, errors):
        self.process, self.errors = process, errors
        ready, _, _ = select.select([process.stdout], [], [], 60)
        assert ready, "it neither listens nor ends"
        self.line = process.stdout.readline().split()
        self.listens = self.line != []

    @property
    def said(self):
        """What it has written to stderr until now."""
        return self.errors.read_text()

    def kill(self):
        """At once, with all that it has started."""
        end_group(self.process)


def start(command, cwd, env, errors):
    with errors.open("w") as file:
        process = subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=file, text=True,
                                   start_new_session=True)
    return process
