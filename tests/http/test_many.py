"""Many clients that say nothing: what they cost."""

import os
import resource
import socket
from pathlib import Path

import pytest

from clilib import libraries_of
from serving import Served

CONNECTIONS = 10000
# "With 10,000 idle connections RSS stays under 100 MB."
LIMIT_KB = 100 * 1000

pytestmark = pytest.mark.slow


def rss_kb(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


@pytest.fixture
def many_files():
    """As many files as the connections of a test, and of the server that inherits the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < CONNECTIONS + 500:
        pytest.skip(f"no more than {hard} files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (CONNECTIONS + 500, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_idle_connections__ten_thousand_need_less_than_100_mb(pb, many_files):
    if "libasan" in libraries_of(pb.program):
        pytest.skip("a sanitizer's memory is counted, too")
    served = Served(pb, "--header-timeout", "10m", "--max-connections", str(CONNECTIONS + 100),
                    "--max-client-connections", "none")
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    clients = []
    for n in range(CONNECTIONS):
        client = socket.create_connection(("127.0.0.1", served.port), timeout=60)
        clients.append(client)
        # Each has asked once: what it was given then is kept, too.
        client.sendall(request)
        assert client.recv(1000).startswith(b"HTTP/1.1 200 "), n
    files = os.listdir(f"/proc/{served.process.pid}/fd")
    assert len(files) > CONNECTIONS
    assert rss_kb(served.process.pid) < LIMIT_KB
    # And it answers who comes now, and who was there first.
    assert served.ask("GET", "/healthz").status == 200
    clients[0].sendall(request)
    assert clients[0].recv(1000).startswith(b"HTTP/1.1 200 ")
    for client in clients:
        client.close()
    served.stop()
