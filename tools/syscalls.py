#!/usr/bin/python3
"""The system calls that portbook-serve may make, as a table in C.

    tools/syscalls.py SRC LIBRARIES OUTPUT DEPFILE

Our own stand beside the code that makes them, in comments "Syscalls: read, write ..." that end
with their paragraph; those of libraries in LIBRARIES.  What only programs beside the server run
has no such line, and what is said twice counts once.
"""

import re
import sys
from pathlib import Path

LINE = re.compile(r"\* Syscalls:((?:[^*]|\*(?!/|\s*\n))*?)(?:\*/|\*\s*\n)")
NAME = re.compile(r"[a-z0-9_]+")


def of_source(text):
    """Between commas; what is more than one word says something else."""
    for match in LINE.finditer(text):
        for part in match[1].replace("\n *", " ").split(","):
            if NAME.fullmatch(part.strip()):
                yield part.strip()


def of_libraries(text):
    for line in text.splitlines():
        yield from line.partition("#")[0].split()


def main(source, libraries, output, depfile):
    files = sorted(Path(source).rglob("*.c"))
    calls = {name for file in files for name in of_source(file.read_text())}
    calls.update(of_libraries(Path(libraries).read_text()))
    table = "".join(f'\t"{name}",\n' for name in sorted(calls))
    Path(output).write_text("/* Made by tools/syscalls.py. */\n"
                            f"static const char *const allowed_calls[] = {{\n{table}}};\n")
    Path(depfile).write_text(f"{output}: {' '.join(map(str, files))}\n")


main(*sys.argv[1:])
