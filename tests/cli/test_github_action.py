"""contrib/github-action: what the action's file promises, and what its script does."""

import re
import subprocess

import pytest
import yaml

from clilib import TOP

FOLDER = TOP / "contrib" / "github-action"


@pytest.fixture
def action():
    return yaml.safe_load((FOLDER / "action.yml").read_text())


def test_action__is_a_composite_action(action):
    assert set(action) == {"name", "description", "inputs", "runs"}
    assert action["runs"]["using"] == "composite"
    assert set(action["runs"]) == {"using", "steps"}
    for name, said in action["inputs"].items():
        assert re.fullmatch(r"[a-z][a-z0-9-]*", name)
        assert set(said) == {"description", "default"} and isinstance(said["default"], str)
    for step in action["runs"]["steps"]:
        assert step["shell"] == "bash" and set(step) <= {"name", "if", "shell", "env", "run"}


def test_action__puts_no_input_into_a_script_and_uses_all(action):
    steps = action["runs"]["steps"]
    assert not any("${{" in step["run"] for step in steps)
    given = steps[-1]["env"]
    assert {f"inputs.{name}" for name in action["inputs"]} == {
        re.fullmatch(r"\$\{\{ (.*) \}\}", value)[1] for value in given.values()}
    script = (FOLDER / "lint.sh").read_text()
    assert set(re.findall(r"\bLINT_[A-Z]+", script)) == set(given)
    for step in steps:
        program = step["run"].strip('"').replace("$GITHUB_ACTION_PATH", str(FOLDER))
        assert subprocess.run(["bash", "-n", program], check=False).returncode == 0


@pytest.fixture
def run(pb, project_dir):
    """run(NAME=value ...): the script in a checkout of shop, whose book is in ports.json."""
    shop = project_dir("shop")
    pb.ok("get", "web", cwd=shop)
    (shop / "ports.json").write_text(pb.ok("export", "--format", "json"))
    (shop / "Procfile").write_text("web: vite --port 3000\n")
    (pb.base / "runner").mkdir()

    def run(**inputs):
        env = pb.environment({"RUNNER_TEMP": str(pb.base / "runner"), "PORTBOOK_BOOK": None,
                              "LINT_PROGRAM": str(pb.program), "LINT_PATH": ".",
                              "HOME": str(pb.base / "runner"), "LINT_PROJECT": "shop", **inputs})
        return subprocess.run([FOLDER / "lint.sh"], cwd=shop, env=env, capture_output=True,
                              text=True, check=False)
    return run


def test_action__annotates_what_is_wrong_by_an_exported_book(run):
    said = run(LINT_EXPORT="ports.json")
    assert said.returncode == 1, said
    assert re.fullmatch(r"::error file=Procfile,line=1,col=18,title=portbook%3A unregistered::"
                        r"3000 is entered nowhere; use \d+, the port of 'shop/web'\n", said.stdout)


def test_action__says_so_where_there_is_no_book(run):
    said = run()
    assert said.returncode == 2 and said.stdout.startswith("::error::portbook: neither ")
    said = run(LINT_EXPORT="ports.json", LINT_BOOK="/x.db")
    assert said.returncode == 2 and "both" in said.stdout
