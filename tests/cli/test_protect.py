"""protect: all that keeps a user's ports, switched on and off by one command.

No systemd runs where tests do: a stand-in notes its words, and makes the links that enabling makes.
"""

import os

import pytest

from guards import Guard

NOBODY = 65534

SYSTEMCTL = """#!/bin/sh
echo "$@" >>"$LOG"
shift
for unit; do :; done
case $unit in *.timer) wants=timers ;; *) wants=default ;; esac
link=$XDG_CONFIG_HOME/systemd/user/$wants.target.wants/$unit
case $1 in
enable)
    case $unit in "$BROKEN"*) echo "Unit $unit cannot be enabled." >&2; exit 1 ;; esac
    mkdir -p "${link%/*}" && ln -s ../x "$link" ;;
disable) rm -f "$link" ;;
esac
"""


class Systemd:
    """A user whose systemd the stand-in is."""

    def __init__(self, pb):
        folder = pb.base / "stand-in"
        folder.mkdir()
        folder.chmod(0o777)
        (folder / "systemctl").write_text(SYSTEMCTL)
        (folder / "systemctl").chmod(0o755)
        self.log = folder / "log"
        self.home = pb.home_of(NOBODY)
        self.units = self.home / "config" / "systemd" / "user"
        self.env = {"PATH": f"{folder}:{os.environ['PATH']}", "LOG": self.log, "BROKEN": "none"}

    def calls(self):
        text = self.log.read_text() if self.log.exists() else ""
        self.log.unlink(missing_ok=True)
        return [line for line in text.splitlines() if line != "--user daemon-reload"]


@pytest.fixture
def systemd(pb):
    return Systemd(pb)


@pytest.fixture
def shop(pb, project_dir):
    """A repository of nobody's with an entry in the book."""
    path = project_dir("shop")
    for folder, _, files in os.walk(path):
        for name in (folder, *(os.path.join(folder, file) for file in files)):
            os.chown(name, NOBODY, NOBODY)
    pb.ok("get", "web", cwd=path, user=NOBODY)
    return path


def states(said):
    return {step["what"]: step["state"] for step in said["steps"]}


def hooks(shop):
    return {name for name in os.listdir(shop / ".git" / "hooks") if not name.endswith(".sample")}


@pytest.fixture
def protect(pb, systemd):
    def run(*options, status=0, env=None):
        result = pb.fails(status, "protect", *options, "--json", user=NOBODY,
                          env={**systemd.env, **(env or {})})
        return result.json
    return run


def test_protect__switches_all_on_once_and_undo_all_off(pb, systemd, shop, protect):
    (systemd.home / ".claude").mkdir()
    os.chown(systemd.home / ".claude", NOBODY, NOBODY)
    steps = {"the guard", "the audit, each hour", f"hook git in {shop}",
             f"hook pre-commit in {shop}", "hook claude-code"}
    before = sorted(systemd.home.rglob("*"))
    assert states(protect("--dry-run")) == dict.fromkeys(steps, "would be done")
    assert systemd.calls() == [] and hooks(shop) == set()
    assert sorted(systemd.home.rglob("*")) == before

    assert states(protect()) == dict.fromkeys(steps, "done")
    assert systemd.calls() == ["--user enable --now portbook-guard.service",
                               "--user enable --now portbook-audit.timer"]
    assert hooks(shop) == {"post-checkout", "pre-commit"}
    unit = (systemd.units / "portbook-guard.service").read_text()
    program = pb.program_for(NOBODY)
    assert f'\nExecStart="{program}" guard --defaults --log\n' in unit
    assert "\nWantedBy=default.target\n" in unit
    audit = (systemd.units / "portbook-audit.service").read_text()
    assert f'\nExecStart="{program}" audit --quiet\n' in audit
    assert states(protect()) == dict.fromkeys(steps, "unchanged")
    assert systemd.calls() == []

    assert states(protect("--undo", "--dry-run")) == dict.fromkeys(steps, "would be taken back")
    assert hooks(shop) == {"post-checkout", "pre-commit"}
    assert states(protect("--undo")) == dict.fromkeys(steps, "taken back")
    assert systemd.calls() == ["--user disable --now portbook-audit.timer",
                               "--user disable --now portbook-guard.service"]
    assert hooks(shop) == set() and not list(systemd.units.glob("*.service"))
    assert "check-command" not in (systemd.home / ".claude" / "settings.json").read_text()
    assert protect("--undo")["steps"] == []


def test_undo__leaves_what_was_there_before_and_what_was_changed(pb, systemd, shop, protect):
    systemd.units.mkdir(parents=True)
    own = systemd.units / "portbook-audit.service"
    own.write_text("[Service]\nExecStart=/bin/true\n")
    for folder in (systemd.units.parent, systemd.units):
        os.chown(folder, NOBODY, NOBODY)
    pb.ok("hook", "install", "git", cwd=shop, user=NOBODY)
    assert states(protect())[f"hook git in {shop}"] == "unchanged"
    guard = systemd.units / "portbook-guard.service"
    guard.write_text(guard.read_text() + "# mine\n")
    protect("--undo")
    assert hooks(shop) == {"post-checkout"}
    assert own.read_text() == "[Service]\nExecStart=/bin/true\n"
    assert guard.read_text().endswith("# mine\n")
    assert not (systemd.units / "portbook-audit.timer").exists()


def test_protect__where_no_systemd_runs_says_what_to_do_instead(pb, systemd, shop, protect):
    broken = {"PATH": "/nowhere:" + os.environ["PATH"], "DBUS_SESSION_BUS_ADDRESS": None,
              "XDG_RUNTIME_DIR": "/nowhere"}
    result = pb.fails(1, "protect", user=NOBODY, env=broken)
    assert "the guard: failed: " in result.out
    assert "instead, start it where you log in: portbook guard --defaults --log &" in result.out
    assert "17 * * * * portbook audit --quiet" in result.out
    assert hooks(shop) == {"post-checkout", "pre-commit"}
    assert not systemd.units.exists()
    # What one unit has of it is no matter of the other one's.
    said = protect(status=1, env={"BROKEN": "portbook-guard"})
    assert states(said)["the guard"] == "failed" and not said["success"]
    assert said["steps"][0]["why"] == "Unit portbook-guard.service cannot be enabled."
    assert states(said)["the audit, each hour"] == "done"
    assert not (systemd.units / "portbook-guard.service").exists()


def test_status__says_what_protects_each_project(pb, systemd, shop, protect):
    port = int(pb.ok("get", "other/web", "--create", "--meta", "startedBy=run", user=NOBODY))
    assert "protected by" not in pb.ok("status", user=NOBODY)
    protect()
    Guard(pb, user=NOBODY)
    projects = pb.json("status", user=NOBODY)["projects"]
    by = {p["projectName"]: p["protectedBy"] for p in projects}
    assert by == {"other": ["guard", "audit timer"],
                  "shop": ["hook git", "hook pre-commit", "audit timer"]}, port
    assert "  protected by guard, audit timer\n" in pb.ok("status", user=NOBODY)


def test_protect__under_sudo_is_for_nobody(machine):
    machine.portbook("get", "shop/web", "--create", user="alice")
    said = machine.portbook("protect", sudo="alice", status=2).stderr
    assert "under sudo it is not clear whose ports" in said
