"""Functions for the tests of the commands that need no fixture."""

import io
import json
import os
import re
import subprocess
from pathlib import Path

import pexpect
import pytest

TOP = Path(__file__).resolve().parent.parent.parent


def one_object(result):
    """stdout has one JSON object, on one line, and nothing else."""
    assert result.out.endswith("\n") and result.out.count("\n") == 1, result
    answer = json.loads(result.out)
    assert isinstance(answer, dict), result
    return answer


def libraries_of(program):
    """What `ldd` says of the program, or of the whole one beside it; "": it needs none."""
    whole = f"{program}-whole"
    done = subprocess.run(["ldd", whole if os.path.exists(whole) else program],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0 or "not a dynamic executable" in done.stderr, done
    return done.stdout


def text_of(an_error):
    """All that an error says to a person."""
    return an_error["message"] + "\n" + an_error.get("hint", "")


def ephemeral(first, last):
    """Where the kernel of this test's network puts outgoing connections."""
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range", "w", encoding="ascii") as file:
            file.write(f"{first} {last}")
    except OSError as err:
        pytest.skip(f"the ephemeral range cannot be set here: {os.strerror(err.errno)}")


def commands_of_help(pb):
    """The commands that `portbook help` lists, in its order: "get", "project add" ..."""
    listed = pb.ok("help").partition("\nPorts:\n")[2].partition("\nEverywhere:\n")[0]
    return re.findall(r"^  ([a-z][a-z-]*(?: [a-z-]+)?)  +[a-z]", listed, re.MULTILINE)


def on_terminal(pb, *args, cwd, width=80, answers=(), env=None):
    """What a terminal shows, and the exit status; `answers` are typed at each question."""
    environment = pb.environment({"TERM": "xterm", "NO_COLOR": None, **(env or {})})
    child = pexpect.spawn(str(pb.program), [str(a) for a in args], cwd=str(cwd), env=environment,
                          dimensions=(24, width), encoding="utf-8", timeout=20)
    child.logfile_read = io.StringIO()
    for answer in answers:
        child.expect(r"\[y/N\] ")
        child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    return child.logfile_read.getvalue().replace("\r\n", "\n"), child.exitstatus
