"""contrib/scripts: what each of them says, and leaves with."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "contrib/scripts"


@pytest.fixture
def script(pb):
    """script(name, *words, cwd=DIR): the finished process."""
    def run(name, *words, cwd, status=0, env=None):
        done = subprocess.run([SCRIPTS / name, *map(str, words)], cwd=cwd, text=True, check=False,
                              env=pb.environment(env), capture_output=True, timeout=60)
        assert done.returncode == status, done
        return done
    return run


@pytest.fixture
def shop(pb, project_dir):
    path = project_dir("shop")
    pb.ok("get", "web", cwd=path)
    pb.ok("get", "api", cwd=path)
    return path


def test_ports__are_a_table_or_for_eval(script, shop):
    assert "shop" in script("ports.sh", cwd=shop).stdout
    assert script("ports.sh", "--env", shop, cwd="/").stdout.splitlines() == \
        ["export API_PORT=3101", "export WEB_PORT=3100"]
    assert "init" in script("ports.sh", cwd="/", status=1).stderr


def test_check_ports__names_the_stranger_and_says_no(script, shop, listen, pb):
    assert script("check-ports.sh", cwd=shop).stderr == ""
    listen(3100, cwd=shop)
    assert script("check-ports.sh", cwd=shop).stderr == ""
    pid = listen(3101, cwd=pb.base)
    run = script("check-ports.sh", shop, cwd="/", status=1)
    assert "3101" in run.stderr and str(pid) in run.stderr
    script("check-ports.sh", cwd="/", status=2)


def test_check_ports__looks_at_udp_too(script, shop, listen, pb):
    pb.ok("get", "dns", "--udp", cwd=shop)
    listen(pb.ok("get", "dns", "--udp", cwd=shop), protocol="udp")
    script("check-ports.sh", cwd=shop, status=1)


def test_next_instance__is_told_or_made(script, shop, pb):
    assert "instance 2 of shop" in script("next-instance.sh", cwd=shop).stdout
    run = script("next-instance.sh", "../fix", "other", cwd=shop)
    assert "WEB_PORT=3190" in run.stdout
    assert (shop.parent / "fix/.ports.env").exists()
    assert pb.json("where", cwd=shop.parent / "fix")["directory"]["branch"] == "other"


def test_audit_ports__speaks_only_of_what_is_taken(script, shop, listen):
    assert script("audit-ports.sh", cwd="/").stdout == ""
    assert "shop/web" in script("audit-ports.sh", "--down", cwd="/", status=1).stdout
    listen(3100)
    assert "squatted" in script("audit-ports.sh", cwd="/", status=1).stdout
    listen(3101, cwd=shop)


def test_audit_ports__fails_where_the_book_cannot_be_read(script, tmp_path):
    broken = tmp_path / "broken.db"
    broken.write_text("no book" * 1000)
    script("audit-ports.sh", cwd="/", status=5, env={"PORTBOOK_BOOK": str(broken)})


@pytest.mark.parametrize("name", sorted(path.name for path in SCRIPTS.glob("*.sh")))
def test_script__is_plain_and_refuses_words_that_it_does_not_know(name, script, shop):
    assert os.access(SCRIPTS / name, os.X_OK)
    assert (SCRIPTS / name).read_text().startswith("#!/bin/sh\n")
    for words in (["--help"], ["--no-such-thing"], ["--no-such-thing", "x", "y"]):
        assert "usage: " + name in script(name, *words, cwd=shop, status=2).stderr


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="there is no shellcheck")
def test_scripts__have_nothing_that_shellcheck_finds():
    subprocess.run(["shellcheck", *SCRIPTS.glob("*.sh")], check=True)
