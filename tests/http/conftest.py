"""What the tests of `portbook serve` share.

    def test_x(served):
        made = served.ok("POST", "/api/v1/projects", {"projectName": "shop"}, status=201)

Every answer below /api/v1 is held against the document that the server itself gives.
"""

import subprocess
import sys

import pytest

from serving import Served, make_certificate


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


@pytest.fixture
def certificate(pb):
    return make_certificate(pb.base)


@pytest.fixture
def token(pb):
    """token(name, *options): a new one, as a header."""
    def run(name, *options):
        made = pb.ok("token", "add", name, *options, "--tokens", pb.base / "tokens")
        return {"Authorization": f"Bearer {made}"}
    return run


@pytest.fixture
def far(pb, serve, certificate, token):
    """far(*options): a server that other machines reach, with the projects shop and bank."""
    def run(*options):
        for project in ("shop", "bank"):
            pb.ok("project", "add", project)
        token("boss")
        cert, key = certificate
        server = serve("--tokens", pb.base / "tokens", "--tls-cert", cert, "--tls-key", key, *options,
                       where=["--listen", "0.0.0.0:0", "--listen", "127.0.0.1:0", "--listen",
                              f"unix:{pb.base}/api.sock"])
        server.certificate = cert
        return server
    return run


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
