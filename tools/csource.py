"""What the checks of the source share: finding C files and looking at them as C does."""

import os
import re
import sys

TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"][^>"\n]+[>"])', re.M)


def root():
    """The tree to look at: the first argument, else the one this tool belongs to."""
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    return words[0] if words else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def files(top, *folders, ends=(".c", ".h")):
    """(path below `top`, text) of the C files below its folders."""
    for folder in folders:
        for at, subfolders, names in os.walk(os.path.join(top, folder)):
            subfolders.sort()
            for name in sorted(names):
                if name.endswith(ends):
                    path = os.path.join(at, name)
                    with open(path, encoding="utf-8") as file:
                        yield os.path.relpath(path, top), file.read()


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def blank(text):
    """Spaces instead of all but line ends, so that offsets and lines stay."""
    return re.sub(r"[^\n]", " ", text)


def without_comments(text):
    return TOKEN.sub(lambda m: blank(m[0]) if m[0].startswith("/") else m[0], text)


def code_only(text):
    """Neither comments nor what is inside strings."""
    return TOKEN.sub(lambda m: blank(m[0]), text)


def includes(text):
    """(line, '<a.h>' or '"a/b.h"') of each #include."""
    text = without_comments(text)
    return [(line_of(text, m.start(1)), m[1]) for m in INCLUDE.finditer(text)]


def strings(text):
    """(line, text) of each string literal; neighbours are one, as they are to the compiler."""
    found, end = [], None
    text = without_comments(text)
    for m in TOKEN.finditer(text):
        if m[0][0] != '"':
            continue
        if end is not None and not re.sub(r"\\\n", "", text[end:m.start()]).strip():
            found[-1][1] += m[0][1:-1]
        else:
            found.append([line_of(text, m.start()), m[0][1:-1]])
        end = m.end()
    return [(line, literal) for line, literal in found]


def report(tool, complaints):
    """Print them and leave: 0 when there are none."""
    for complaint in complaints:
        print(f"{tool}: {complaint}", file=sys.stderr)
    sys.exit(1 if complaints else 0)
