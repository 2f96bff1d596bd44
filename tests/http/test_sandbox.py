"""What the server can do while it runs: what it has to, and nothing else."""

import ctypes
import os
import shutil
import signal
from pathlib import Path

import pytest

from clilib import libraries_of
from serving import Served, children_of, next_line, status_of

NOBODY = 65534


def is_sanitized(pb):
    return "libasan" in libraries_of(pb.program)


def test_server__is_in_a_sandbox_with_all_of_its_threads(shop, pb):
    pid = shop.process.pid
    threads = os.listdir(f"/proc/{pid}/task")
    assert len(threads) == 2
    for thread in threads:
        status = status_of(f"{pid}/task/{thread}")
        assert status["NoNewPrivs"] == "1"
        assert {status[name] for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb")} == {"0" * 16}
        assert is_sanitized(pb) or status["Seccomp"] == "2"
    limits = Path(f"/proc/{pid}/limits").read_text()
    assert "Max core file size        0                    0" in limits


def landlock_version():
    """By the system call, whose number is the same on every machine; 0: there is none."""
    landlock_create_ruleset = 444
    return max(ctypes.CDLL(None).syscall(landlock_create_ruleset, None, 0, 1), 0)


def test_server__says_what_protection_is_missing_and_else_nothing(shop, pb):
    shop.stop()
    said = shop.process.stderr.read()
    assert ("Landlock" in said) == (landlock_version() < 4)
    assert ("system calls are not fenced off" in said) == is_sanitized(pb)
    assert said == "" or "not fenced off" in said


def test_server__has_one_process_beside_it_which_ends_with_it(shop):
    beside = children_of(shop.process.pid)
    assert [status_of(pid)["Name"] for pid in beside] == ["portbook-aide"]
    files = [os.readlink(f"/proc/{beside[0]}/fd/{fd}") for fd in
             os.listdir(f"/proc/{beside[0]}/fd")]
    assert not [name for name in files if name.endswith((".db", ".db-wal", ".db-queue"))]
    shop.process.kill()
    shop.process.wait()
    # Its stderr is the server's: that ends when both have.
    assert next_line(shop.process.stderr) == ""


def test_server__ends_when_who_looks_for_it_has_ended(shop):
    os.kill(int(children_of(shop.process.pid)[0]), signal.SIGKILL)
    assert shop.process.wait(timeout=20) == 5
    assert "the process that looks at the machine" in shop.process.stdout.read()


def test_server__reads_a_folder_that_a_caller_names(shop, pb, project_dir):
    folder = project_dir("other")
    (folder / "portbook.yaml").write_text("services: {web: {prefer: 3277}}\n")
    port = pb.ok("get", "web", "--book", f"unix:{shop.unix}", cwd=folder)
    assert port == "3277"


def test_folders__none_but_those_that_are_named_are_read(serve, pb, project_dir):
    served = serve("--folders", pb.base / "nowhere")
    folder = project_dir("other")
    (folder / "portbook.yaml").write_text("services: {web: {prefer: 3277}}\n")
    result = pb("get", "web", "--book", f"unix:{served.unix}", cwd=folder)
    assert result.out.strip() != "3277"


def test_user__is_who_the_server_is_from_its_start(pb):
    if os.environ["PORTBOOK_TESTS_WERE_ROOT"] != "1":
        pytest.skip("only root can become another user")
    pb.base.chmod(0o755)
    folder = pb.base / "theirs"
    folder.mkdir()
    os.chown(folder, NOBODY, NOBODY)
    pb.ok("get", "shop/web", "--create", "--book", folder / "book.db", user=NOBODY)
    served = Served(pb, "--user", "nobody", "--book", folder / "book.db")
    for pid in (served.process.pid, int(children_of(served.process.pid)[0])):
        assert status_of(pid)["Uid"].split() == [str(NOBODY)] * 4
        assert status_of(pid)["Gid"].split() == [str(NOBODY)] * 4
    assert Path(served.unix).stat().st_uid == NOBODY
    served.ok("PUT", "/api/v1/projects/shop/services/api", {}, status=201)
    assert {file.stat().st_uid for file in folder.iterdir()} == {NOBODY}
    served.stop()


def test_user__that_is_not_there_or_that_one_may_not_be_is_refused(pb):
    assert "no user" in pb.fails(1, "serve", "--user", "nobody-at-all",
                                 "--listen", "127.0.0.1:0").err
    if os.environ["PORTBOOK_TESTS_WERE_ROOT"] == "1":
        pb.base.chmod(0o755)
        beside = pb.program_for(NOBODY).parent / "portbook-serve"
        shutil.copy(pb.program.parent / "portbook-serve", beside)
        assert "only root" in pb.fails(6, "serve", "--user", "root", "--listen", "127.0.0.1:0",
                                       user=NOBODY).err
