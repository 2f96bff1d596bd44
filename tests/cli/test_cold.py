"""What keeps the cold start cold, by counting: libraries, schema objects, files, system calls.

Times are measured in bench/.  A number here is what it is now: when a change needs more, look for
what it costs, and say why in this file.
"""

import json
import os
import re
import shutil
import subprocess

import pytest

from books import TRACED, look_into, settle

# libm: libsqlite3.a names its functions.
LIBRARIES = {"linux-vdso.so.1", "libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2"}

# "At most 24 schema objects: they cost cold start" (facts/store.md).
SCHEMA_OBJECTS = 24

READS = [("get", "shop/web"), ("list",), ("show", "shop"), ("status",), ("summary",),
         ("check", "3100"), ("check", "3999"), ("history",), ("project", "list"),
         ("policy", "list"), ("env", "--format", "json"), ()]


@pytest.fixture
def shop(pb):
    """A book with one service; its path."""
    pb.ok("project", "add", "shop", "--path", pb.work)
    assert pb.ok("get", "shop/web") == "3100"
    return pb.home / "data" / "portbook" / "book.db"


@pytest.fixture
def calls(pb):
    """calls("openat,execve", *words): the system calls of a run, in strace's words."""
    def run(names, *words):
        log = pb.base / "strace.log"
        result = subprocess.run(
            ["strace", "-f", "-y", "-qq", "-e", "signal=none", "-e", f"trace={names}", "-o", log,
             pb.program, *words], cwd=pb.work, env=pb.environment(TRACED),
            capture_output=True, text=True, timeout=60, check=False)
        assert result.returncode == 0, result
        return [line.split(maxsplit=1)[1] for line in log.read_text().splitlines()]

    if shutil.which("strace") is None or subprocess.run(
            ["strace", "-qq", "-o", "/dev/null", "true"], check=False,
            capture_output=True).returncode != 0:
        pytest.skip("no process can be traced here")
    return run


def test_program__links_what_a_get_needs_and_nothing_else(is_plain):
    linked = {os.path.basename(line.split()[0]) for line in is_plain.splitlines()}
    if "libsqlite3" in is_plain:
        pytest.skip("this system has no libsqlite3.a")
    assert linked <= LIBRARIES


def test_program__never_links_what_only_servers_and_modules_need(is_plain):
    for library in ("libpq", "libmicrohttpd", "libcurl", "libbpf", "libsystemd", "libssl"):
        assert library not in is_plain


def test_book__has_at_most_24_schema_objects(shop):
    with look_into(shop) as db:
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master")]
    assert len(names) <= SCHEMA_OBJECTS, names


# What a cold `get` of an existing service opens, besides the libraries and the loader's cache.
FILES_OF_A_GET = [
    "config/portbook/config.yaml",  # which book? the user's answer
    "/etc/portbook/config.yaml",    # the machine's
    "portbook/book.db",
    "portbook/book.db-wal",
    "portbook/book.db-shm",
]


def opened(lines):
    return [match[1] for line in lines
            for match in [re.match(r'open(?:at2?)?\((?:AT_FDCWD[^,]*, )?"([^"]*)"', line)] if match]


def test_get__of_a_known_service_opens_the_configuration_and_the_book(shop, calls, is_plain):
    files = opened(calls("open,openat,openat2", "get", "shop/web"))
    ours = [path for path in files if not path.startswith("/lib") and path != "/etc/ld.so.cache"
            and ".so" not in path]
    unknown = [path for path in ours if not path.endswith(tuple(FILES_OF_A_GET))]
    assert not unknown
    assert len(ours) <= len(FILES_OF_A_GET), ours
    assert len(files) <= len(FILES_OF_A_GET) + len(LIBRARIES) - 2 + 1, files  # the loader's cache


def test_get__of_a_known_service_by_its_folder_opens_no_more_than_git_s(shop, pb, calls, is_plain):
    """Without a project's name the folder is looked up; it is in the book, so git is not asked."""
    files = opened(calls("open,openat,openat2", "get", "web"))
    ours = [path for path in files if ".so" not in path]
    assert [path for path in ours if not path.endswith(tuple(FILES_OF_A_GET))
            and "/.git" not in path and not path.startswith("/proc/self/")] == []
    assert len(ours) <= len(FILES_OF_A_GET) + 3, ours


@pytest.mark.parametrize("words", ["get web", "get shop/web"])
def test_get__of_a_known_service_does_not_look_at_what_is_declared(shop, pb, calls, words):
    (pb.work / "portbook.yaml").write_text("services: {web: {prefer: 3177}}\n")
    assert not [line for line in calls("%file", *words.split()) if "portbook.yaml" in line]
    assert [line for line in calls("%file", "get", "new") if "portbook.yaml" in line]


@pytest.mark.parametrize("words", READS + [("get", "shop/new"), ("release", "shop/web")],
                         ids=" ".join)
def test_command__starts_no_other_program_and_no_thread(shop, calls, words):
    lines = calls("execve,execveat,clone,clone3,fork,vfork", *words)
    assert len(lines) <= 2, lines
    assert all(line.startswith("execve(") for line in lines)
    # What is not for every moment is in a second program (docs/decisions/0068).
    assert len(lines) == 1 or "portbook-whole" in lines[1] and words[0:1] not in (("get",), ("check",))


@pytest.fixture
def small(pb):
    """The program where it has no other one beside it."""
    if not os.path.exists(f"{pb.program}-whole"):
        pytest.skip("it is one program here")
    (pb.base / "alone").mkdir()
    return shutil.copy(pb.program, pb.base / "alone/portbook")


def test_program__alone_does_what_it_can(shop, small, pb):
    whole, pb.program = pb.program, small
    alone = [pb(*words) for words in READS]
    pb.program = whole
    assert [(r.code, r.out) for r in alone] == [(r.code, r.out) for r in map(lambda w: pb(*w), READS)]


def test_program__does_not_become_itself(small, shop, pb):
    (small.parent / "portbook-whole").symlink_to("portbook")
    pb.program = small
    assert "web" in pb("list", check=True, timeout=10).out


@pytest.fixture
def tree(pb, small):
    """All of an installed tree, in another place: `bin` and `libexec`."""
    top = pb.base / "moved"
    (top / "bin").mkdir(parents=True)
    (top / "libexec/portbook").mkdir(parents=True)
    shutil.copy(small, top / "bin/portbook")
    shutil.copy(f"{pb.program}-whole", top / "libexec/portbook/portbook-whole")
    return top


def test_program__finds_the_whole_one_in_a_tree_that_was_moved(tree, pb):
    whole = tree / "libexec/portbook/portbook-whole"
    whole.write_text("#!/bin/sh\necho \"it was asked for $*\"\n")
    pb.program = tree / "bin/portbook"
    assert pb.ok("list", "--json") == "it was asked for list --json"


def test_program__is_told_to_others_by_its_place_in_that_tree(tree, pb):
    pb.program = tree / "libexec/portbook/portbook-whole"
    pb.ok("hook", "install", "claude-code")
    settings = (pb.home / ".claude/settings.json").read_text()
    assert f"{tree}/bin/portbook hook check-command" in settings


def test_user__who_is_in_no_file_has_a_number(pb):
    if os.environ["PORTBOOK_TESTS_WERE_ROOT"] != "1":
        pytest.skip("only root can be another user")
    home = pb.base / "stranger"
    home.mkdir()
    os.chown(home, 54321, 54321)
    pb.base.chmod(0o755)
    command = ["setpriv", "--reuid", "54321", "--regid", "54321", "--clear-groups", str(pb.program)]
    env = {"HOME": str(home), "PATH": os.environ["PATH"]}
    for words in (["get", "shop/web", "--create"], ["run", "shop/web", "--plain", "--", "true"],
                  ["list", "--json"]):
        run = subprocess.run([*command, *words], env=env, cwd="/", capture_output=True, text=True,
                             check=False)
        assert run.returncode == 0, run
    assert json.loads(run.stdout)["ports"][0]["allocatedBy"] == "uid 54321"


def test_program__begins_anew_with_its_words_in_their_order(pb):
    """As for a library, after the options were read."""
    run = pb.fails(5, "run", "shop/web", "--book", "postgres:///x?host=/nowhere", "--", "true")
    assert "cannot be reached" in run.err


@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_reading__writes_nothing_into_the_book(shop, calls, words):
    lines = calls("pwrite64,write,pwritev,writev,fsync,fdatasync,ftruncate,fallocate,unlink,rename",
                  *words)
    for line in lines:
        file = re.match(r"\w+\((\d+)<([^>]*)>", line)
        assert file, line  # a file is named: it goes, or gets another name
        # The index of the log is made by whoever is first; it is not the book.
        assert file[1] in "12" or file[2].endswith("book.db-shm"), line


@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_reading__leaves_the_book_and_its_log_untouched(pb, shop, words):
    def state():
        return {path.name: (path.stat().st_mtime_ns, path.stat().st_size, path.stat().st_ino)
                for path in sorted(shop.parent.iterdir()) if not path.name.endswith("-shm")}

    before = state()
    result = pb(*words)
    assert result.code in (0, 1), result
    assert state() == before


# Now 127 (gcc 12, Debian 12): some 40 are the loader's, most others SQLite's, with an empty log.
# Four look for a `.git`, in each folder up to the root: a worktree is an instance of its own.
SYSTEM_CALLS = 130


def test_get__of_a_known_service_makes_few_system_calls(shop, calls, pb, is_plain):
    settle(shop)
    pb.ok("get", "shop/web")  # the log's index is there, as mostly
    lines = calls("all", "get", "shop/web")
    assert len(lines) <= SYSTEM_CALLS, f"{len(lines)} calls:\n" + "\n".join(lines)
