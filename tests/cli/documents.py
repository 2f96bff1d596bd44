"""Runs the commands of a document, as somebody who reads it would.

Every block of ```console is run, from the document's beginning to its end, by one user `you` with
an empty home, on a machine where nothing listens.  What a line with "$ " prints has to be what
stands below it; "..." on a line of its own stands for any lines.  What a reader need not see, as
the programs that are there already, is in comments:

    <!-- run
    mkdir -p ~/src/shop
    -->
"""

import re
import shutil
import subprocess

from pgserver import SERVER

BLOCKS = re.compile(r"^```console\n(.*?)^```$|^<!-- run\n(.*?)^-->$", re.M | re.S)

# What is another each time it is run, and how wide a column is because of it.
VARIES = [
    (r"[ \t]+", " "),
    (r"\bpid \d+", "pid N"),
    (r"\bpython3 \d+ you\b", "python3 N you"),
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?Z?", "TIME"),
    (r"\d{8}T\d{6}Z(-\d+)?", "TIME"),
    (r"\b\d+ (ms|us|kB)\b", r"N \1"),
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "ID"),
]


class Step:
    """A command, and what the document says of it; None: it need not say anything."""

    def __init__(self, command, expected, line):
        self.command, self.expected, self.line = command, expected, line


def steps_of(text):
    for block in BLOCKS.finditer(text):
        line = text.count("\n", 0, block.start()) + 2
        if block[2] is not None:
            yield Step(block[2], None, line)
            continue
        step = None
        for n, row in enumerate(block[1].splitlines(), line):
            if row.startswith("$ "):
                if step:
                    yield step
                step = Step(row[2:], [], n)
            elif step.command.endswith("\\"):
                step.command += "\n" + row
            else:
                step.expected.append(row)
        yield step


def without_what_varies(line):
    for pattern, same in VARIES:
        line = re.sub(pattern, same, line)
    return line.strip()


def fits(expected, said):
    """Whether the lines are those; "..." is any number of them."""
    pattern = "".join(r"(.*\n)*?" if line.strip() == "..." else
                      re.escape(without_what_varies(line)) + "\n" for line in expected)
    return re.fullmatch(pattern, "".join(without_what_varies(line) + "\n" for line in said))


class Reader:
    """A shell of the user `you`; what follows `sudo ` is run by root."""

    MARK = "@@done@@"

    def __init__(self, machine):
        self.machine = machine
        self.cwd = "/home/you"
        # A copy, as of the program: the checkout may be below a closed home.
        self.server = shutil.copy(SERVER, machine.pb.base / "postgres-server")
        self.shell = subprocess.Popen(
            machine.command(["bash", "--norc"], user="you"), text=True,
            env=machine.environment("you", env=self.environment()), start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        machine.pb.started.append(self.shell)
        self.run("cd")

    def environment(self):
        path = f"{self.machine.program.parent}:/usr/sbin:/usr/bin:/sbin:/bin"
        return {"PATH": path, "COLUMNS": "100", "GIT_CONFIG_NOSYSTEM": "1", "USER": "you",
                "POSTGRES_SERVER": str(self.server)}

    def run(self, command):
        """The lines that it prints."""
        if command.startswith("sudo "):
            return self.run_as_root(command.removeprefix("sudo "))
        self.shell.stdin.write(f'{command}\nstatus=$?; printf "{self.MARK}%s\\n" "$PWD"\n'
                               "(exit $status)\n")
        self.shell.stdin.flush()
        said = ""
        while self.MARK not in said:
            line = self.shell.stdout.readline()
            assert line, f"the shell has ended at: {command}\n{said}"
            said += line
        said, _, self.cwd = said.rstrip("\n").partition(self.MARK)
        return said.splitlines()

    def run_as_root(self, command):
        command = command.replace("~/", "/home/you/")  # as the shell does that calls sudo
        result = self.machine.run("sh", "-c", f"cd {self.cwd} && exec 2>&1; {command}",
                                  sudo="you", env=self.environment())
        return result.stdout.splitlines()
