"""What the tests of `portbook mcp` share."""

import pytest

from mcp_client import MODERN, OLDER, Client


@pytest.fixture
def connect(pb):
    """connect(version): a client of a new process, which has said who it is where that is done."""
    def run(version=OLDER[-1], capabilities=None, words=(), **options):
        process = pb.start(*words, "mcp", text=False, stdin=-1, bufsize=0, **options)
        client = Client(process, version)
        if version not in (None, MODERN):
            client.initialize(capabilities)
        return client
    return run


@pytest.fixture(params=[*OLDER, MODERN])
def any_client(request, connect):
    return connect(request.param)


@pytest.fixture
def client(connect):
    return connect()


@pytest.fixture
def modern(connect):
    return connect(MODERN)


@pytest.fixture
def shop(pb):
    """A book with the project `shop`, which has a service; its port is 3100."""
    pb.ok("project", "add", "shop")
    assert pb.ok("get", "shop/web") == "3100"
