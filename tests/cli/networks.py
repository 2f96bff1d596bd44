"""Machines of a test: network namespaces that a bridge connects with the test's own."""

import os
import subprocess
import time

import pytest

from pgserver import Server

HERE = "10.77.0.1"

# A bridge without an address of its own takes the lowest of its cables' and another one when that
# cable goes with its machine: then all the others talk to nobody, until they ask again (30 s).
BRIDGE = "02:00:00:00:00:01"


def ip(batch):
    return subprocess.run(["ip", "-batch", "-"], input=batch, capture_output=True, text=True,
                          timeout=60, check=False)


def until(what, seconds=60):
    """Wait until `what()` is true, and return that."""
    end = time.monotonic() + seconds
    while not (answer := what()):
        assert time.monotonic() < end, what
        time.sleep(0.02)
    return answer


class Network:
    def __init__(self, pb):
        self.pb, self.count = pb, 0
        made = ip(f"link add br0 address {BRIDGE} type bridge\naddr add {HERE}/16 dev br0\n"
                  "link set br0 up\n")
        if made.returncode != 0:
            pytest.skip(f"no bridge between network namespaces here: {made.stderr.strip()}")

    def machines(self, commands):
        """A machine for each shell command, which all begin at once; $PB is the program."""
        read, write = os.pipe()
        machines = [self.machine(command, read) for command in commands]
        try:
            for machine in machines:
                assert machine.stdout.readline() == "up\n"
            first = self.count - len(commands)
            made = ip("".join(f"link add v{n} type veth peer name eth0 netns {machine.pid}\n"
                              f"link set v{n} master br0 up\n"
                              for n, machine in enumerate(machines, first + 1)))
            assert made.returncode == 0, made.stderr
        finally:
            os.close(read)
            os.close(write)  # that is the signal: their `read` finds the end
        return machines

    def machine(self, command, signal):
        self.count += 1
        address = f"10.77.{1 + self.count // 250}.{1 + self.count % 250}"
        script = (f"echo up; read go; exec </dev/null; printf 'addr add {address}/16 dev eth0\\n"
                  f"link set eth0 up\\nlink set lo up\\n' | ip -batch - || exit 99; {command}")
        machine = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", script], stdin=signal, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, cwd=self.pb.work, start_new_session=True,
            env=self.pb.environment({"PB": self.pb.program}))
        self.pb.started.append(machine)
        return machine

    def link(self, number, state):
        """Plug the cable of the nth machine, from 1, or pull it: "up", "down"."""
        assert ip(f"link set v{number} {state}\n").returncode == 0

    def is_connected(self, machine):
        """Does that machine think that it has a connection?"""
        run = subprocess.run(["nsenter", f"--net=/proc/{machine.pid}/ns/net", "ss", "-Htn",
                              "state", "established"], capture_output=True, text=True,
                             timeout=30, check=True)
        return run.stdout.strip() != ""


@pytest.fixture
def network(pb):
    return Network(pb)


@pytest.fixture
def far(network, pb):
    """A database with a book, on a server that the machines of the network reach."""
    rules = pb.base / "pg_hba.conf"
    rules.write_text("local all all trust\nhost all all 10.77.0.0/16 trust\n")
    server = Server(f"listen_addresses={HERE}", f"hba_file={rules}")
    try:
        database = server.new_database()
        pb.ok("setup", "--book", database.url())
        yield database
    finally:
        server.remove()
