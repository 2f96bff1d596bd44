"""A machine for the stories: projects, programs that start there, and who has their ports."""

import os
import signal

import pytest

from clilib import libraries_of
from guards import Guard
from programs import Program, need_node, start, who

WITHOUT, WITH = "without", "with"

# With the supervisor that run has where Yama forbids the other one.
BESIDE = "beside"


class Lab:
    """A machine with some projects. `held`: their programs are started by run, beside a guard.

    Without, the same programs are started by themselves; the book is there, and nobody asks it.
    """

    def __init__(self, pb, project_dir, how):
        self.pb, self.project_dir = pb, project_dir
        self.held, self.is_beside = how != WITHOUT, how == BESIDE
        self.paths, self.programs, self.daemons = {}, [], []
        self.book = pb.home / "data" / "portbook" / "book.db"
        self.outcomes = dict.fromkeys(("right", "nobody", "wrong"), 0)

    def project(self, name, port):
        """A project whose service web owns the port."""
        self.paths[name] = self.project_dir(name)
        self.own(name, "web", port)

    def own(self, name, service, port):
        self.pb.ok("register", service, port, "--force", "--meta", "startedBy=run",
                   cwd=self.paths[name])

    def guard(self):
        return Guard(self.pb) if self.held else None

    def begin(self, command, cwd):
        """A process that is started, and not waited for."""
        errors = self.pb.base / f"stderr-{len(self.programs)}"
        way = {"PORTBOOK_RUN_WITHOUT": "in-place"} if self.is_beside else {}
        process = start(command, cwd, self.pb.environment(way), errors)
        self.pb.started.append(process)
        self.programs.append(process)
        return process, errors

    def stranger(self, command):
        """Somebody starts a program, and knows nothing of portbook."""
        return Program(*self.begin(command, self.pb.work))

    def owner(self, name, command, *options):
        """A project's own program, in its directory: by run, where that is there."""
        return Program(*self.begin(self.line(command, *options), self.paths[name]))

    def start_all(self, commands, guard_after=None):
        """Start each (project, command): with portbook all at once, without one after the other.

        The guard begins behind so many of them.
        """
        begun = []
        for i, (name, command) in enumerate(commands):
            begun.append(self.begin(self.line(command), self.paths[name]))
            if not self.held:
                Program(*begun[-1])
            elif i == guard_after:
                self.pb.start("guard")
        if self.held:
            for one in begun:
                Program(*one)

    def stop(self):
        """All at once, as when the power fails."""
        self.pb.stop()
        self.pb.started.clear()

    def line(self, command, *options):
        run = [str(self.pb.program), "run", *options, "--"] if self.held else []
        return [*run, *command]

    def see(self, port, owner):
        """Count whose a port is in the end; owner None: nobody's program may listen there."""
        found = who(port)
        outcome = "right" if found == owner else "nobody" if found is None else "wrong"
        self.outcomes[outcome] += 1
        return outcome

    def leaves(self, program):
        """It has started one that left its process group, and said so."""
        self.daemons.append(int(program.line[1]))

    def end_daemons(self):
        while self.daemons:
            os.kill(self.daemons.pop(), signal.SIGKILL)


@pytest.fixture
def binder(pb):
    """A program that binds and listens in no time."""
    path = pb.program.parent / "tests" / "binder"
    if not path.exists():
        pytest.skip("binder is not built")
    return str(path)


@pytest.fixture(params=[WITHOUT, WITH, pytest.param(BESIDE, marks=pytest.mark.slow)])
def lab(request, pb, project_dir, record_property):
    """The test runs without portbook and with it, in both ways; its docstring names the story."""
    need_node()
    lab = Lab(pb, project_dir, request.param)
    if not lab.is_beside:
        record_property("story", (request.function.__doc__, request.param, lab.outcomes))
    yield lab
    lab.end_daemons()


@pytest.fixture
def handovers(lab):
    """How many are tried: fewer where sanitizers make each take ten times as long."""
    return 500 if lab.is_beside or "asan" in libraries_of(lab.pb.program) else 5000
