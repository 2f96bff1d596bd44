"""What is no book, or too much of one: a clear error, in bounded memory and time."""

import json
import os
import pty
import resource
import select
import signal
import subprocess
import time

import pytest

from clilib import TOP

MIB = 1 << 20

# Rationale: the program and its libraries take some 20 MiB of addresses, a file of claims 64.
ADDRESSES = 300 * MIB

FORMATS = json.loads((TOP / "schemas" / "import.json").read_text())[
    "input"]["properties"]["format"]["enum"]

# ASan reserves terabytes of addresses, and is slower.
needs_limits = pytest.mark.skipif("build-asan" in os.environ.get("PORTBOOK", ""),
                                  reason="no limit of addresses with ASan")


@pytest.fixture
def bounded(pb):
    """bounded(code, *args): it ends with this status, within 30 s and little memory."""
    def run(code, *args, **options):
        result = subprocess.run(
            pb.command(args), env=pb.environment(), capture_output=True, timeout=30, check=False,
            cwd=pb.work, preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_AS, (ADDRESSES, ADDRESSES)), **options)
        said = result.stderr.decode("utf-8", "backslashreplace")
        assert result.returncode == code, (result.returncode, said[:2000])
        assert said.startswith("portbook: ") or "nothing was entered" in said, said[:2000]
        assert len(said) < 100_000 and result.stdout == b""
        return said
    return run


def junk(size):
    """The same on each run, with every byte."""
    block = bytes((i * 167 + i // 256 * 13) % 256 for i in range(65536))
    return block * (size // len(block))


@needs_limits
@pytest.mark.parametrize("format", FORMATS)
def test_junk__of_10_mb_is_refused_by_every_importer(pb, bounded, format):
    path = pb.base / "junk"
    path.write_bytes(junk(10 * MIB))
    bounded(2, "import", path, "--format", format, "--project", "p", "--create")
    with path.open("rb") as file:
        bounded(2, "import", "-", "--format", format, "--project", "p", "--create", stdin=file)


@needs_limits
@pytest.mark.parametrize("format", FORMATS)
def test_line__of_a_gigabyte_is_refused_by_every_importer(pb, bounded, format):
    """A sparse file: 1 GiB of NUL without a line break, behind what each starts with."""
    path = pb.base / "long"
    start = {"json": b'{"format": "portbook-book", "version": 1, "events": [{"a": "',
             "csv": b"record,port\r\nevent,"}.get(format, b"| a | b |\n| ")
    with path.open("wb") as file:
        file.write(start)
        file.truncate(1 << 30)
    bounded(2, "import", path, "--format", format, "--project", "p", "--create")


@needs_limits
@pytest.mark.parametrize("format", ["json", "csv"])
def test_line__of_a_gigabyte_of_text_is_refused_at_its_limit(pb, bounded, format):
    path = pb.base / "long"
    start = {"json": b'{"format": "portbook-book", "version": 1, "events": [{"a": "',
             "csv": b"record,port\r\nevent,"}[format]
    with path.open("wb") as file:
        file.write(start)
        file.write(b"x" * (4 * MIB))
    said = bounded(2, "import", path, "--format", format)
    assert "longer than 1048576 bytes" in said and f"{path}:" in said


@needs_limits
def test_depth__of_a_million_brackets_is_refused(pb, bounded):
    path = pb.base / "deep.json"
    path.write_bytes(b'{"format": "portbook-book", "version": 1, "events": [' + b"[" * 500_000)
    bounded(2, "import", path)
    path.write_bytes(b'{"format": "portbook-book", "version": 1, "events": ['
                     + b"[" * 1000 + b"]" * 1000 + b"]}")
    bounded(2, "import", path)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_encoding__that_is_not_utf_8_is_refused_by_every_importer(pb, format, encoding):
    text = {"json": '{"format": "portbook-book", "version": 1, "projects": [{"owner": "é"}]}',
            "csv": "record,owner\r\nproject,é\r\n",
            "dotenv": "# é\nAPI_PORT=3500\n",
            "devports": '{"allocations": [{"port": 1, "project": "é", "service": "s"}]}',
            "portkeeper": '{"ports": [{"number": 1, "projectName": "é"}]}',
            "port-manager": '{"ports": {"1": {"project": "é", "service": "s"}}}',
            }.get(format, "| Project | Service | Port |\n|---|---|---|\n| é | web | 3500 |\n")
    path = pb.base / "file"
    path.write_bytes(text.encode(encoding))
    refused = pb.fails(2, "import", path, "--format", format, "--project", "p", "--create")
    assert refused.err and refused.out == ""


# What each format would take.
SOUND = {
    "ports-md": "| Project Name | Block | Ports |\n|---|---|---|\n| shop | 3500-3599 | Block 5 |\n",
    "md": "| Project | Service | Port |\n|---|---|---|\n| shop | web | 3500 |\n",
    "dotenv": "WEB_PORT=3500\n",
    "devports": '{"allocations": [{"port": 3500, "project": "shop", "service": "web"}]}',
    "portkeeper": '{"version": "1.0.0", "ports": [{"number": 3500, "projectName": "shop/web"}]}',
    "lsof": "COMMAND PID USER FD TYPE DEVICE SIZE/OFF NODE NAME\n"
            "node 812 deploy 19u IPv4 34567 0t0 TCP *:3500 (LISTEN)\n",
    "ss": "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
          'LISTEN 0 511 *:3500 *:* users:(("node",pid=812,fd=19))\n',
    "port-manager": '{"ports": {"3500": {"project": "shop", "service": "web"}}}',
    "supervisor": '{"project_port_ranges": [], "port_allocations": [{"id": 1, "port": 3500, '
                  '"project_name": "shop", "service_name": "web"}], "shared_service_ports": []}',
    "scar": '{"codebases": [], "worktrees": [], "remote_agent_port_allocations": [{"port": 3500, '
            '"service_name": "web", "environment": "dev", "codebase": "shop", "instance": 1}]}',
}


@pytest.mark.parametrize("format", FORMATS)
def test_file__that_was_cut_off_is_refused_wherever_that_shows(pb, book, format):
    """A table or a list of lines that ends early is a shorter one; anything else says so."""
    whole = SOUND.get(format) or pb.ok("export", "--format", format)
    path = pb.base / "file"
    path.write_text(whole)
    before = book.dump()
    pb.ok("import", path, "--format", format, "--project", "shop", "--create", "--dry-run")
    raw = whole.encode()
    shows = format not in ("ports-md", "md", "dotenv", "lsof", "ss")
    for end in sorted({0, 1, len(raw) - 3, *range(7, len(raw) - 3, max(1, len(raw) // 20))}):
        path.write_bytes(raw[:end])
        tried = pb("import", path, "--format", format, "--project", "shop", "--create", "--dry-run")
        assert tried.code == 2 or (tried.code == 0 and not shows), (end, tried)
        assert tried.code == 0 or "file" in tried.out + tried.err, tried
    assert book.dump() == before


LAUGHS = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))


@needs_limits
@pytest.mark.parametrize("format", FORMATS)
def test_yaml__of_a_billion_laughs_is_refused_by_every_importer(pb, bounded, format):
    path = pb.base / "laughs"
    path.write_text(LAUGHS)
    bounded(2, "import", path, "--format", format, "--project", "p", "--create")


@needs_limits
def test_yaml__of_a_billion_laughs_is_refused_where_yaml_is_read(pb, bounded):
    path = pb.base / "laughs.yaml"
    path.write_text("name: p\nranges:\n" + "".join(f"  - {line}\n" for line in LAUGHS.splitlines()))
    bounded(2, "policy", "use", path)
    (pb.work / "portbook.yaml").write_text(f"{LAUGHS}services: *a11\n")
    bounded(2, "get", "web")
    (pb.work / "portbook.yaml").unlink()
    config = pb.home / "config" / "portbook" / "config.yaml"
    config.parent.mkdir(exist_ok=True)
    config.write_text(f"{LAUGHS}book: *a11\n")
    bounded(2, "list")


def test_pipe__that_holds_no_text_is_refused_at_once(pb):
    """Also where it never ends."""
    with open("/dev/zero", "rb") as zero:
        result = subprocess.run(pb.command(["import", "-"]), env=pb.environment(), stdin=zero,
                                capture_output=True, text=True, timeout=30, check=False)
    assert result.returncode == 2 and "NUL" in result.stderr


def test_rows__that_are_refused_are_named_up_to_a_thousand(pb, book):
    text = pb.ok("export")
    rows = ",\n".join('{"seq": %d}' % n for n in range(1, 3000))
    path = pb.base / "a.json"
    path.write_text(text[:text.index('"events": [')] + '"events": [\n' + rows + "\n]}\n")
    refused = pb.fails(2, "import", path)
    assert refused.err.count("a.json:") == 1000
    assert "1000 rows are refused, and the rest was not looked at" in refused.err


def test_export__to_a_full_disk_says_so_and_leaves_the_old_file(pb, book):
    with open("/dev/full", "wb") as full:
        result = subprocess.run(pb.command(["export"]), env=pb.environment(), stdout=full,
                                stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode == 5 and "No space left" in result.stderr


def test_export__to_a_reader_that_has_gone_says_nothing(pb, book):
    read, write = os.pipe()
    os.close(read)
    result = subprocess.run(pb.command(["export"]), env=pb.environment(), stdout=write,
                            stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert result.returncode == 5 and result.stderr == ""


# Ctrl-C.


def blocks_sigint(process):
    """The signals wait for the program: it has begun."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        blocked = next(line for line in status if line.startswith("SigBlk:"))
    return bool(int(blocked.split()[1], 16) & 1 << (signal.SIGINT - 1))


def until(condition, *args):
    deadline = time.monotonic() + 30
    while not condition(*args):
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt__while_it_reads_enters_nothing_and_dies_by_the_signal(pb, book, number):
    before = book.dump()
    process = pb.start("import", "-", stdin=subprocess.PIPE)
    process.stdin.write("| Project | Service | Port |\n|---|---|---|\n| p | web | 3500 |\n")
    process.stdin.flush()
    until(blocks_sigint, process)
    process.send_signal(number)
    assert process.wait(timeout=30) == -number
    assert process.stderr.read() == "portbook: interrupted: nothing was entered\n"
    assert book.dump() == before


def test_interrupt__of_an_export_that_nobody_reads_leaves_at_once(pb, book):
    for number in range(40):  # more than a pipe takes
        pb.ok("get", f"p/s{number}", "--create", "--notes", "x" * 3900)
    process = pb.start("export")
    until(blocks_sigint, process)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == -signal.SIGINT


def test_interrupt__of_an_export_leaves_the_file_as_it_was(pb, book):
    """A signal that comes before the work ends the program in the ordinary way; nothing is left."""
    folder = pb.base / "out"
    folder.mkdir()
    (folder / "a.json").write_text("old")
    process = pb.start("export", "--output", folder / "a.json")
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    text = (folder / "a.json").read_text()
    assert text == "old" or text.endswith("\n]\n}\n")


def test_progress__is_shown_on_a_terminal_only_and_cleared(pb, book):
    ours, theirs = pty.openpty()
    process = pb.start("import", "-", "--format", "md", stdin=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    shown = b""
    deadline = time.monotonic() + 30
    process.stdin.write("| Project | Service | Port |\n|---|---|---|\n| p | web | 3500 |\n")
    while b"reading: " not in shown:
        assert time.monotonic() < deadline
        process.stdin.write("\n")  # it steps with what it reads
        process.stdin.flush()
        if select.select([ours], [], [], 0.01)[0]:
            shown += os.read(ours, 4096)
    process.stdin.close()
    assert process.wait(timeout=30) == 0
    os.set_blocking(ours, False)
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # the terminal has gone
        pass
    os.close(ours)
    last = shown.decode().rsplit("\r", 2)
    assert last[1].strip() == "" and last[2] == "", shown


def test_progress__is_nothing_in_a_pipe(pb, book):
    pb.ok("export", "-o", pb.base / "a.json")
    result = pb("import", pb.base / "a.json", check=True)
    assert result.err == "" and "\r" not in result.out
