"""Supabase's own program reads the config.toml that `config` wrote.

It starts containers by the program `docker`, and waits for the database in one of them.  Here
stand-ins are both: what it asks docker for says on which ports it would be reached.
"""

import copy
import json
import os
import re
import socketserver
import stat
import struct
import subprocess
import threading

import pytest

from npm import FRAMEWORKS

PROGRAM = FRAMEWORKS / "@supabase" / "cli-linux-x64" / "bin" / "supabase"

# Notes what it is asked for, a line each; a container that was made runs, and no other is there.
DOCKER = """\
#!/bin/sh
printf '%s\\037' "$@" >>CALLS
printf '\\036' >>CALLS
case "$1 $2" in
"container inspect")
	[ "$3" = made ] || grep -qF -- "--name$(printf '\\037')$3$(printf '\\037')" CALLS ||
		{ echo "Error: No such container: $3" >&2; exit 1; }
	echo '{"Status":"running","Running":true,"Health":{"Status":"healthy"}}' ;;
"create "*) echo made ;;
"version "*) echo 1.44 1.44 1.44 ;;
esac
"""


def message(kind, content=b""):
    return kind + struct.pack(">i", len(content) + 4) + content


class Database(socketserver.StreamRequestHandler):
    """PostgreSQL's protocol, as far as it takes to have every statement succeed, with no rows.

    Source: PostgreSQL's documentation, "Message Formats".
    """

    READY, COMPLETE = message(b"Z", b"I"), message(b"C", b"SELECT 0\0")
    ANSWERS = {b"Q": COMPLETE + READY, b"P": message(b"1"), b"B": message(b"2"),
               b"C": message(b"3"), b"D": message(b"n"), b"E": COMPLETE, b"S": READY}

    def content(self):
        size, = struct.unpack(">i", self.rfile.read(4))
        return self.rfile.read(size - 4)

    def handle(self):
        self.content()
        self.wfile.write(message(b"R", bytes(4)) + self.READY)
        while (kind := self.rfile.read(1)) not in (b"", b"X"):
            self.content()
            self.wfile.write(self.ANSWERS.get(kind, b""))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@pytest.fixture
def database():
    """database(port): one that answers there."""
    made = []

    def run(port):
        made.append(Server(("127.0.0.1", port), Database))
        threading.Thread(target=made[-1].serve_forever, daemon=True).start()

    yield run
    for server in made:
        server.shutdown()
        server.server_close()


class Supabase:
    def __init__(self, pb, folder):
        self.pb, self.folder = pb, folder
        self.calls = pb.base / "docker.calls"
        docker = pb.base / "bin" / "docker"
        docker.parent.mkdir()
        docker.write_text(DOCKER.replace("CALLS", str(self.calls)))
        docker.chmod(docker.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        self.variables = {"PATH": f"{docker.parent}:{os.environ['PATH']}", "DO_NOT_TRACK": "1"}

    def __call__(self, *words):
        self.calls.write_text("")
        return subprocess.run([PROGRAM, *words], cwd=self.folder, stdin=subprocess.DEVNULL,
                              env=self.pb.environment(self.variables), capture_output=True,
                              text=True, timeout=100, check=False)

    def published(self):
        """{container: port}, of the containers that it has made since."""
        ports = {}
        for call in self.calls.read_text().split("\x1e"):
            words = call.split("\x1f")
            if words[0] == "create" and "-p" in words:
                name = words[words.index("--name") + 1] if "--name" in words else "unnamed"
                ports[name] = int(words[words.index("-p") + 1].split(":")[-2])
        return ports


@pytest.fixture
def supabase(pb, project_dir):
    """supabase("status"): Supabase's program in the folder of a project that it has made."""
    if not PROGRAM.exists():
        pytest.skip("Supabase's program is not installed: run tools/install-node frameworks")
    run = Supabase(pb, project_dir("shop"))
    made = run("init")
    assert made.returncode == 0, made.stderr
    return run


# The service of each container that it publishes.
SERVICES = {"kong": "supabase-api", "db": "db", "pooler": "pooler", "studio": "supabase-studio",
            "inbucket": "inbucket", "analytics": "analytics"}


@pytest.fixture
def ports(pb, supabase):
    """{"db": 3102, ...}: what the book has for the project, which `config` wrote."""
    config = supabase.folder / "supabase" / "config.toml"
    text = config.read_text()
    config.write_text(re.sub(r"(\[db\.pooler\]\nenabled = )false", r"\1true", text))
    for service in ("web", "shadow", *SERVICES.values()):
        pb.ok("get", service, cwd=supabase.folder)
    pb.ok("config", "--format", "supabase", "--write", cwd=supabase.folder)
    return {row["serviceName"]: row["port"]
            for row in pb.json("list", "-p", "shop")["ports"]}


@pytest.mark.slow
def test_supabase_start__publishes_the_ports_of_the_book(supabase, ports, database):
    database(ports["db"])
    done = supabase("start", "--ignore-health-check", "--exclude", "edge-runtime,postgrest")
    published = supabase.published()
    assert published == {f"supabase_{container}_shop": ports[service]
                         for container, service in SERVICES.items()}, done
    assert not set(published.values()) & set(range(54320, 54330))


@pytest.mark.slow
def test_supabase_db_diff__makes_its_shadow_on_the_port_of_the_book(supabase, ports, database):
    database(ports["db"])
    database(ports["shadow"])
    done = supabase("db", "diff")
    assert ports["shadow"] in supabase.published().values(), (done, supabase.calls.read_text())


@pytest.mark.slow
def test_supabase__of_a_second_instance_shares_nothing_with_the_first(supabase, ports, database,
                                                                      pb, git):
    """Both have the containers' names by their project_id, which is another, too."""
    git(supabase.folder, "add", ".")
    git(supabase.folder, "commit", "-qm", "shop")
    other = copy.copy(supabase)
    other.folder = supabase.folder.parent / "other"
    pb.ok("worktree", "add", other.folder, "-b", "x", cwd=supabase.folder)
    for service in ports:
        pb.ok("get", service, cwd=other.folder)
    pb.ok("config", "--format", "supabase", "--write", cwd=other.folder)
    own = {row["serviceName"]: row["port"]
           for row in json.loads(pb.ok("list", "-p", "shop@2", "--json"))["ports"]}
    database(own["db"])
    done = other("start", "--ignore-health-check", "--exclude", "edge-runtime,postgrest")
    published = other.published()
    assert sorted(published.values()) == sorted(own[s] for s in SERVICES.values()), done
    assert not set(published.values()) & set(ports.values())
    assert not {f"supabase_{container}_shop" for container in SERVICES} & set(published)
