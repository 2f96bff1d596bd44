"""The commands of documents do what the documents say."""

import os
import re

import pytest

from clilib import TOP
from documents import Reader, fits, steps_of, without_what_varies
from machines import Machine

# Those that are whole stories: nothing is left out between one command and the next.
DOCUMENTS = ["README.md", "docs/migration.md", "docs/troubleshooting.md"]


@pytest.fixture
def reader(pb):
    if os.environ["PORTBOOK_TESTS_WERE_ROOT"] != "1":
        pytest.skip("only root can make a machine with users of its own")
    machine = Machine(pb, users={"you": 61004}, homes="/home")
    yield Reader(machine)
    machine.end()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_document__says_what_its_commands_print(reader, name):
    text = (TOP / name).read_text(encoding="utf-8")
    wrong = []
    for step in steps_of(text):
        said = reader.run(step.command)
        if step.expected is not None and not fits(step.expected, said):
            wrong.append(f"{name}:{step.line}: $ {step.command}\n" + "\n".join(said))
    assert not wrong, "\n\n".join(wrong)


def test_readme__names_every_command(pb):
    text = (TOP / "README.md").read_text(encoding="utf-8")
    rows = text[text.index("## Commands"):text.index("## Exit codes")]
    said = pb.ok("help")
    groups = said[said.index("\nPorts:"):said.index("\nEverywhere:")]
    commands = set(re.findall(r"(?m)^  ([a-z-]+)", groups))
    assert len(commands) > 30
    assert {c for c in commands if not re.search(rf"`[^`]*\b{re.escape(c)}\b", rows)} == set()


def test_steps__are_commands_with_what_they_print():
    text = "x\n```console\n$ a\n1\n2\n$ b \\\n  c\n```\n<!-- run\nd\ne\n-->\n```sh\n$ f\n```\n"
    assert [(s.command, s.expected, s.line) for s in steps_of(text)] == [
        ("a", ["1", "2"], 3), ("b \\\n  c", [], 6), ("d\ne\n", None, 9 + 1)]


@pytest.mark.parametrize("expected, said, fit", [
    (["a"], ["a"], True),
    (["a"], ["b"], False),
    (["a"], ["a", "b"], False),
    (["a", "..."], ["a", "b", "c"], True),
    (["a", "...", "c"], ["a", "b"], False),
    (["node (pid 12)  x"], ["node (pid 4711) x"], True),
    (["node (pid 12)"], ["node"], False),
    (["2026-11-21 10:30 you"], ["2027-01-01 00:00 you"], True),
])
def test_fits__takes_what_varies_and_nothing_else(expected, said, fit):
    assert bool(fits(expected, said)) == fit
    assert without_what_varies(" a  b ") == "a b"
