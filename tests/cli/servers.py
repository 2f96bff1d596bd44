"""Real servers for the tests of what listens: node, Python's, one that forks, any socket."""

import os
import shutil
import subprocess

import pytest

from ending import end_group

NOBODY = 65534

NODE = """
require("http").createServer((ask, answer) => answer.end()).listen(
    +process.argv[1], process.argv[2], () => console.log("listening"))
"""

# A server that opens its socket and then forks three workers, which share it.
FORKING = """
import os, socket, sys
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
for _ in range(3):
    if os.fork() == 0:
        sys.stdin.read()
        os._exit(0)
print("listening", flush=True)
sys.stdin.read()
"""

BOUND = """
import socket, sys
family, kind, address, port = sys.argv[1:5]
s = socket.socket(getattr(socket, family), getattr(socket, kind))
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
if family == "AF_INET6":
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, address != "dual")
s.bind(("::" if address == "dual" else address, int(port)))
if kind == "SOCK_STREAM":
    s.listen()
print("listening", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def serve(pb):
    """serve(command, cwd=DIR, user=UID): a server that says "listening"; its pid.

    serve.process(...) is the same, and the process.
    """
    started = []

    def start(*command, cwd, user=None):
        if user is not None:
            command = ["setpriv", "--reuid", str(user), "--regid", str(user), "--clear-groups",
                       *command]
        process = subprocess.Popen(list(map(str, command)), cwd=cwd, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True, start_new_session=True)
        started.append(process)
        for line in process.stdout:
            if "listening" in line or "Serving" in line:
                return process
        raise AssertionError(f"{command} does not listen")

    def run(*command, **options):
        return start(*command, **options).pid

    run.process = start
    yield run
    for process in started:
        end_group(process)
        process.stdin.close()
        process.stdout.close()


@pytest.fixture
def python(serve):
    def run(code, *args, cwd, user=None):
        return serve("/usr/bin/python3", "-S", "-E", "-u", "-c", code, *args, cwd=cwd, user=user)
    return run


@pytest.fixture
def node(serve):
    program = shutil.which("node")
    if not program:
        pytest.skip("node is not installed")

    def run(port, address="127.0.0.1", *, cwd):
        return serve(program, "-e", NODE, port, address, cwd=cwd)
    return run


@pytest.fixture
def bound(python):
    """bound(port, "::1"): a program with a socket there, and nothing else."""
    def run(port, address="127.0.0.1", *, cwd, kind="SOCK_STREAM", user=None):
        family = "AF_INET6" if ":" in address or address == "dual" else "AF_INET"
        return python(BOUND, family, kind, address, port, cwd=cwd, user=user)
    return run


@pytest.fixture
def elsewhere(pb):
    """A directory of nobody's."""
    path = pb.base / "elsewhere"
    path.mkdir(exist_ok=True)
    return path


def need_root():
    if os.geteuid() != 0 or os.environ.get("PORTBOOK_TESTS_WERE_ROOT") != "1":
        pytest.skip("only root can run a program as another user")
