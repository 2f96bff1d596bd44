"""The units for systemd and the script for cron."""

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

CONTRIB = Path(__file__).resolve().parent.parent.parent / "contrib"
UNITS = sorted((CONTRIB / "systemd").glob("*"))

# Tenths; in a user's own manager all that needs a mount would hide whom an audit has to name.
EXPOSED_AT_MOST = {"portbook-audit-own.service": 65}


def read(unit):
    parser = configparser.RawConfigParser(strict=False, delimiters="=")
    parser.optionxform = str
    parser.read(unit)
    return parser


@pytest.mark.parametrize("unit", [u for u in UNITS if u.suffix == ".service"],
                         ids=lambda u: u.name)
def test_service__is_exposed_little(unit):
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze")
    most = EXPOSED_AT_MOST.get(unit.name, 20)
    run = subprocess.run(["systemd-analyze", "security", "--offline=true", f"--threshold={most}",
                          str(unit)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-300:] + run.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda u: u.name)
def test_unit__is_one_that_systemd_understands(unit, pb, tmp_path):
    """With the program that was built in the place of the one that is installed."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze")
    for other in UNITS:
        text = other.read_text().replace("/usr/local/bin/portbook", str(pb.program))
        (tmp_path / other.name).write_text(text)
    run = subprocess.run(["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name)],
                         capture_output=True, text=True, check=False)
    own = [line for line in run.stderr.splitlines() if str(tmp_path) in line]
    assert not own, run.stderr


@pytest.mark.parametrize("unit", [u for u in UNITS if u.suffix == ".service"],
                         ids=lambda u: u.name)
def test_service__starts_a_command_that_is_there(unit, pb):
    program, *words = read(unit)["Service"]["ExecStart"].split()
    assert program == "/usr/local/bin/portbook"
    pb.ok(*words, "--help")


def test_cron__is_content_with_what_an_audit_finds(pb):
    pb.ok("project", "add", "shop")
    pb.ok("get", "shop/web")
    (pb.base / "file").write_text("")
    broken = {"PORTBOOK_BOOK": pb.base / "file" / "book.db"}
    for status, environment in ((0, {}), (1, broken)):
        run = subprocess.run([CONTRIB / "cron/portbook-audit"], env=pb.environment(environment),
                             capture_output=True, text=True, check=False)
        assert (run.returncode, run.stdout) == (status, ""), run
    assert pb.json("history", "shop/web", "--health")["services"][0]["looks"] == 1
