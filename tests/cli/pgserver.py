"""A PostgreSQL server of the tests' own."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from clilib import TOP

SERVER = Path(__file__).resolve().parent.parent / "lib" / "postgres-server"


class Server:
    """One for a whole run of tests; each test has databases of its own."""

    def __init__(self, *settings, copy_of=None):
        self.folder = Path(tempfile.mkdtemp(prefix="portbook-test-"))
        self.folder.chmod(0o755)
        self.settings, self.databases = settings, 0
        self.process = None
        self.environment = {**os.environ, "COPY_OF": str(copy_of.folder) if copy_of else ""}
        self.start()

    def launch(self):
        self.process = subprocess.Popen([SERVER, self.folder, *self.settings],
                                        stdin=subprocess.DEVNULL, start_new_session=True,
                                        env=self.environment)

    def start(self):
        """Again, after a kill, too: then what the old one has left behind may still be ending."""
        until = time.monotonic() + 100
        self.launch()
        while self.psql("postgres", "SELECT 1", check=False).returncode != 0:
            assert time.monotonic() < until, (self.folder / "log").read_text()
            if self.process.poll() is not None:
                assert (self.folder / "data").exists(), (self.folder / "log").read_text()
                self.launch()
            time.sleep(0.02)

    def stop(self, signal):
        self.process.send_signal(signal)
        self.process.wait()

    def remove(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def psql(self, database, sql, user="postgres", check=True):
        """What psql says, rows as lines and columns with a | between them."""
        run = subprocess.run(
            ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U", user, "-d",
             database], input=sql, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            capture_output=True, text=True, timeout=60, check=False)
        assert not check or run.returncode == 0, run.stderr
        return run

    def new_database(self, options=""):
        self.databases += 1
        name = f"book{os.getpid()}_{self.databases}"
        self.psql("postgres", f"CREATE DATABASE {name} {options}")
        return Database(self, name)


class Database:
    def __init__(self, server, name):
        self.server, self.name = server, name

    def url(self, user="postgres", more=""):
        return f"postgres://{user}@/{self.name}?host={self.server.folder}{more}"

    def sql(self, sql, user="postgres"):
        return self.server.psql(self.name, sql, user).stdout.strip()

    def refused(self, sql, user="postgres"):
        """The message with which the server refuses it."""
        run = self.server.psql(self.name, sql, user, check=False)
        assert run.returncode != 0, sql
        return run.stderr


@pytest.fixture(scope="session")
def server():
    server = Server()
    yield server
    server.remove()


@pytest.fixture
def empty(server):
    """An empty database."""
    return server.new_database()


@pytest.fixture
def shared(empty, pb):
    """A database with a book."""
    pb.ok("setup", "--book", empty.url())
    return empty


def make_older(database, before):
    """A book as it was before that step of the schema."""
    folder = TOP / "src" / "store" / "postgres"
    steps = sorted(path for path in folder.glob("0*.sql") if path.name < before)
    database.sql("CREATE TABLE portbook_schema (step integer PRIMARY KEY, name text NOT NULL, "
                 "made_at timestamptz NOT NULL DEFAULT now());" + "".join(
                     f"{path.read_text()};INSERT INTO portbook_schema VALUES ({n}, '{path.name}');"
                     for n, path in enumerate(steps, 1)))


def sql_of_docs():
    return re.findall(r"```sql\n(.*?)```", (TOP / "docs" / "postgresql.md").read_text(), re.S)


@pytest.fixture
def roles(shared):
    """The book with the roles of docs/postgresql.md, and somebody who has each."""
    for sql in sql_of_docs():
        shared.sql(sql)
    for role in ("reader", "writer", "admin"):
        user = f"{role}_{shared.name}"
        shared.sql(f"CREATE ROLE {user} LOGIN; GRANT portbook_{role} TO {user}")
    return lambda role: f"{role}_{shared.name}"
