"""What the tests of the commands share."""

import json
import os
import shutil
import sqlite3
import subprocess

import jsonschema
import pytest

from books import TRACED, WIDE
from clilib import TOP, libraries_of, one_object
from cloudflare import cloudflare  # noqa: F401: a fixture
from guards import guard, owned  # noqa: F401: fixtures
from machines import Machine
from pgserver import empty, roles, server, shared  # noqa: F401: fixtures
from servers import bound, elsewhere, node, python, serve  # noqa: F401: fixtures

SCHEMAS = TOP / "schemas"

# What the program itself answers, and not the registry: any command may fail so.
ERRORS_OF_ALL = {"invalid", "book", "busy", "io", "memory", "not-permitted"}

EXIT_STATUS = {"invalid": 2, "not-found": 1, "nothing-to-release": 1, "not-free": 1, "taken": 3,
               "exhausted": 4, "book": 5, "busy": 5, "io": 5, "memory": 5, "not-permitted": 6,
               "interrupted": 5}

ERROR = {
    "type": "object",
    "properties": {
        "success": {"const": False},
        "error": {
            "type": "object",
            "properties": {
                "code": {"enum": sorted(EXIT_STATUS)},
                "message": {"type": "string", "minLength": 1},
                "hint": {"type": "string", "minLength": 1},
                "holder": {"type": "object"},
            },
            "required": ["code", "message"],
            "additionalProperties": False,
        },
    },
    "required": ["success", "error"],
}

# What the command line adds to an operation's answer, as it writes the files.
OF_THE_COMMAND = {"init": {"written"}, "env": {"written"}, "config": {"fileName", "written"},
                  "lint": {"files", "fixed"},
                  "audit": {"restarted"},
                  "tunnel config": {"fileName", "written", "reloaded"},
                  "tunnel audit": {"fileName"}}


def schema_of(operation):
    return json.loads((SCHEMAS / f"{operation}.json").read_text())


@pytest.fixture
def answer(pb):
    """answer("get", "shop/web"): what a command says with --json, held against its schema.

    The first words are the command; its operation is called so, with dashes.
    """
    def run(operation, *args, status=0, **options):
        result = pb.fails(status, *operation.split(), *args, "--json", **options)
        said = one_object(result)
        schema = schema_of(operation.replace(" ", "-"))["output"]
        jsonschema.validate(said, schema)
        unknown = (set(said) - set(schema["properties"])
                   - OF_THE_COMMAND.get(operation, set()))
        assert not unknown, f"not in the schema of {operation}: {unknown}"
        assert result.err == "", result
        return said
    return run


@pytest.fixture
def error(pb):
    """error("taken", "get", "shop/web"): the error of a command that has to fail, as with --json.

    Its exit status is the code's, and the code is one that the schema knows.
    """
    def run(code, operation, *args, **options):
        result = pb.fails(EXIT_STATUS[code], *operation.split(), *args, "--json", **options)
        said = one_object(result)
        jsonschema.validate(said, ERROR)
        assert said["error"]["code"] == code, result
        assert result.err == "", result
        schema = schema_of(operation.replace(" ", "-"))
        assert code in {e["code"] for e in schema["errors"]} | ERRORS_OF_ALL, (
            f"the schema of {operation} does not name '{code}'")
        return said["error"]
    return run


@pytest.fixture
def ports(pb):
    """ports(): {port: "project/service"} of all that is entered; options are those of list."""
    def run(*options):
        return {p["port"]: f"{p['projectName']}/{p['serviceName']}"
                for p in pb.json("list", *options)["ports"]}
    return run


class Book:
    """The file, seen from outside."""

    def __init__(self, path):
        self.path = path

    def dump(self):
        """All that it holds."""
        db = sqlite3.connect(self.path)
        try:
            return list(db.iterdump())
        finally:
            db.close()

    def setting(self, name):
        db = sqlite3.connect(self.path)
        try:
            return db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()[0]
        finally:
            db.close()

    def change(self, sql, *values):
        """Let time go by, which is the only thing that a test may do to it."""
        db = sqlite3.connect(self.path)
        try:
            with db:
                assert db.execute(sql, values).rowcount > 0
        finally:
            db.close()

    def let_pass(self, table, column, ms):
        """Move all of a table's times `ms` into the past."""
        self.change(f"UPDATE {table} SET {column} = {column} - ? WHERE {column} IS NOT NULL", ms)


@pytest.fixture
def book(pb):
    """The default book of the test, made if it is not there."""
    path = pb.home / "data" / "portbook" / "book.db"
    if not path.exists():
        pb.ok("list")
    return Book(path)


@pytest.fixture
def use_policy(pb):
    """use_policy(text): the book works by this policy from now on."""
    def run(text, *options):
        path = pb.base / "policy.yaml"
        path.write_text(text)
        return pb("policy", "use", path, *options, check=True)
    return run


@pytest.fixture
def policy(pb):
    """policy("types"): the book works by this one that is built in."""
    def run(name, *options, **more):
        return pb("policy", "use", name, *options, check=True, **more)
    return run


@pytest.fixture
def shop(pb):
    """A book with some entries, and a project `shop` with 4000 ports; its path."""
    policy = pb.base / "wide.yaml"
    policy.write_text(WIDE)
    pb.ok("policy", "use", policy)
    pb.ok("project", "add", "shop")
    for service in ("web", "api", "db"):
        pb.ok("get", f"shop/{service}")
    return pb.home / "data" / "portbook" / "book.db"


@pytest.fixture
def strace(pb):
    """strace(WORDS, *command): run the command under strace with these words."""
    def run(words, *command, **options):
        return subprocess.run(["strace", "-qq", "-o", "/dev/null", *words, *map(str, command)],
                              cwd=pb.work, env=pb.environment(TRACED), capture_output=True,
                              text=True, timeout=60, check=False, **options)

    if shutil.which("strace") is None or run([], "true").returncode != 0:
        pytest.skip("no process can be traced here")
    return run


@pytest.fixture
def machine(pb):
    """A machine of the test's own: users, /etc, /var/lib and root's home that nobody else sees."""
    if os.environ["PORTBOOK_TESTS_WERE_ROOT"] != "1":
        pytest.skip("only root can make a machine with users of its own")
    made = Machine(pb)
    yield made
    made.end()


@pytest.fixture
def is_plain(pb):
    """The program as it is installed: sanitizers bring libraries and files of their own."""
    libraries = libraries_of(pb.program)
    if "asan" in libraries:
        pytest.skip("built with sanitizers")
    return libraries
