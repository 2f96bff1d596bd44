"""What the tests of `portbook serve` share.

    def test_x(served):
        made = served.ok("POST", "/api/v1/projects", {"projectName": "shop"}, status=201)

Every answer below /api/v1 is held against the document that the server itself gives.
"""

import subprocess
import sys

import pytest

from serving import Served


@pytest.fixture
def serve(pb):
    """serve(*options): a server, which the end of the test ends."""
    def run(*options, **more):
        return Served(pb, *options, **more)
    return run


@pytest.fixture
def served(serve):
    return serve()


@pytest.fixture
def shop(served):
    """A server whose book has the project shop with a service web on port 3100."""
    served.ok("POST", "/api/v1/projects", {"projectName": "shop"}, status=201)
    made = served.ok("PUT", "/api/v1/projects/shop/services/web", {}, status=201)
    assert made["port"] == 3100
    return served


LISTENER = """
import socket, sys
with socket.create_server(("127.0.0.1", int(sys.argv[1]))):
    print("listening", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def listen(pb):
    """listen(port, cwd=FOLDER): a process that listens there until the test ends."""
    def run(port, cwd="/"):
        process = subprocess.Popen([sys.executable, "-c", LISTENER, str(port)], cwd=cwd,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                   start_new_session=True)
        pb.started.append(process)
        assert process.stdout.readline() == "listening\n"
    return run
