"""A guard, and one who wants what it holds."""

import pathlib
import queue
import signal
import threading
import time

import pytest

# Binds a port whenever that is possible, and lets go of it.
HAMMER = """
import socket, sys
port = int(sys.argv[1])
print("hammering", flush=True)
while True:
    s = socket.socket(socket.AF_INET)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        s.bind(("127.0.0.1", port))
    except OSError:
        pass
    s.close()
"""


# Takes a port as soon as that is possible, and keeps it.
KEEPER = """
import socket, sys
def take(port):
    while True:
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
            s.listen()
            return s
        except OSError:
            s.close()
print("hammering", flush=True)
s = take(int(sys.argv[1]))
while True:
    client = s.accept()[0]
    client.recv(1000)
    client.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\nstranger")
    client.close()
"""


class Guard:
    """A guard that logs, and what it says."""

    def __init__(self, pb, *options, **more):
        self.pb = pb
        self.process = pb.start("guard", "--log", *options, **more)
        self.follow()
        self.held = self.wait(" held, ")

    def follow(self):
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def wait(self, words, seconds=30):
        """The next line with these words."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                line = self.lines.get(timeout=left)
            except queue.Empty:
                break
            assert line is not None, f"it ended: {self.process.stderr.read()}"
            if words in line:
                return line
        raise AssertionError(f"it never said '{words}'")

    def follower(self):
        """The process that reads the book for it."""
        below = [self.process.pid]
        for pid in below:
            if pathlib.Path(f"/proc/{pid}/comm").read_text() == "portbook-follow\n":
                return pid
            below += map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        raise AssertionError(f"none of {below} reads a book")

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(timeout=20)


@pytest.fixture
def guard(pb):
    def run(*options, **more):
        return Guard(pb, *options, **more)
    return run


@pytest.fixture
def owned(pb):
    """owned("shop/web"): its port, which its owner can get back from a guard."""
    def run(service, *options):
        return int(pb.ok("get", service, "--create", "--meta", "startedBy=run", *options))
    return run
