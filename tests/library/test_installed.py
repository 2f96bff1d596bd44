"""libportbook as `make install` leaves it: found by pkg-config, linked by programs in C and C++."""

import json
import re
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent.parent
HEADER = TOP / "include/portbook.h"
EXAMPLE = TOP / "docs/example.c"
STRICT = ["-Wall", "-Wextra", "-pedantic", "-Werror"]
COMPILERS = {
    "gcc": ["gcc", "-std=c11"],
    "clang": ["clang-14", "-std=c11"],
    "g++": ["g++", "-std=c++17", "-x", "c++"],
}


def run(*words, **options):
    return subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=100,
                          check=False, **options)


def ok(*words, **options):
    result = run(*words, **options)
    assert result.returncode == 0, f"{words}\n{result.stdout}{result.stderr}"
    return result.stdout


class Installed:
    """The tree that `meson install` made."""

    def __init__(self, build, root):
        self.root = root
        options = json.loads((build / "meson-info/intro-buildoptions.json").read_text())
        self.option = {option["name"]: option["value"] for option in options}
        ok("meson", "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", root)
        self.prefix = root / self.option["prefix"].lstrip("/")
        self.lib = self.prefix / self.option["libdir"]

    def flags(self, *words):
        env = {"PATH": "/usr/bin:/bin", "PKG_CONFIG_PATH": str(self.lib / "pkgconfig"),
               "PKG_CONFIG_SYSROOT_DIR": str(self.root)}
        return ok("pkg-config", *words, "portbook", env=env).split()

    def compile(self, compiler, source, output, static, *more):
        """A program of one file; returns it."""
        libs = self.flags("--libs", *(["--static"] if static else []))
        if static:
            libs = ["-l:libportbook.a" if word == "-lportbook" else word for word in libs]
        ok(*COMPILERS[compiler], *STRICT, *self.flags("--cflags"), "-o", output, source,
           "-x", "none", *libs, f"-Wl,-rpath,{self.lib}", *more)
        return output


@pytest.fixture
def installed(pb):
    return Installed(pb.program.parent, pb.base / "installed")


@pytest.fixture
def in_c(installed, pb):
    """in_c(text, static, *flags): what a program in C says; it has to succeed."""
    def compile_and_run(text, static, *flags):
        source = pb.base / "program.c"
        source.write_text(text)
        program = installed.compile("gcc", source, pb.base / "program", static, *flags)
        return ok(program, cwd=pb.work, env=pb.environment())
    return compile_and_run


def declared():
    """The functions that the header declares; the inline ones are no part of the library."""
    text = re.sub(r"/\*.*?\*/|static inline[^;{]*\{", "", HEADER.read_text(), flags=re.S)
    return set(re.findall(r"^\w[\w \*]*?\b(portbook_\w+)\(", text, re.M))


def test_install__has_a_page_for_every_function_of_the_header(installed):
    pages = installed.prefix / installed.option["mandir"] / "man3"
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.S)
    functions = set(re.findall(r"\b(portbook_\w+)\(", text))
    assert declared() < functions
    assert {path.name for path in pages.iterdir()} == (
        {f"{name}.3" for name in functions} | {"portbook.h.3"})
    for path in pages.iterdir():
        assert path.resolve() == (pages / "portbook.h.3").resolve()


def test_install__puts_down_the_library_its_header_and_its_description(installed, pb):
    for path in ("bin/portbook", "include/portbook.h"):
        assert (installed.prefix / path).is_file(), path
    for name in ("libportbook.so", "libportbook.so.0", "libportbook.a", "pkgconfig/portbook.pc"):
        assert (installed.lib / name).exists(), name
    assert (installed.prefix / "include/portbook.h").read_text() == HEADER.read_text()
    assert f"portbook {installed.flags('--modversion')[0]}" in pb.ok("version")


@pytest.mark.parametrize("static", [False, True], ids=["shared", "static"])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_example__says_what_the_command_says(installed, pb, project_dir, compiler, static):
    program = installed.compile(compiler, EXAMPLE, pb.base / "example", static)
    shop = project_dir("shop")
    result = run(program, cwd=shop, env=pb.environment())
    assert (result.returncode, result.stdout, result.stderr) == (0, "3100\n", "")
    assert pb.ok("get", "web", cwd=shop) == "3100"
    assert ("libportbook.so.0" in ok("ldd", program)) != static


def test_example__fails_as_the_command_fails(installed, pb):
    program = installed.compile("gcc", EXAMPLE, pb.base / "example", False)
    result = run(program, cwd="/", env=pb.environment())
    said = pb("get", "web", "--json", cwd="/").json["error"]
    assert result.returncode != 0 and result.stdout == ""
    assert result.stderr == f"{said['message']}\n{said.get('hint', '')}\n"


def test_example__is_the_one_that_the_document_shows():
    body = re.search(r"int main.*?\{\n(.*)\}", EXAMPLE.read_text(), re.S)[1]
    assert f"```c\n{EXAMPLE.read_text()}```" in (TOP / "docs/library.md").read_text()
    assert len([line for line in body.splitlines() if line.strip() not in ("", "else")]) == 10


def test_library__shows_what_the_header_declares_and_nothing_else(installed):
    names = declared()
    assert len(names) > 10
    shared = ok("nm", "-D", "--defined-only", "--without-symbol-versions",
                installed.lib / "libportbook.so")
    assert {line.split()[2] for line in shared.splitlines() if " A " not in line} == names
    static = ok("nm", "-g", "--defined-only", installed.lib / "libportbook.a")
    assert {line.split()[2] for line in static.splitlines() if len(line.split()) == 3} == names
    document = (TOP / "docs/library.md").read_text()
    assert not {name for name in names if name not in document}


def test_library__needs_libc_alone_and_has_a_stable_name(installed):
    said = ok("readelf", "-dW", installed.lib / "libportbook.so")
    needed = set(re.findall(r"\(NEEDED\).*\[(.*?)\]", said))
    assert needed <= {"libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2"}, needed
    assert re.findall(r"\(SONAME\).*\[(.*?)\]", said) == ["libportbook.so.0"]
    assert "TEXTREL" not in said


@pytest.mark.parametrize("compiler", COMPILERS)
def test_header__compiles_alone_and_twice(pb, compiler):
    source = pb.base / "twice.c"
    source.write_text("#include <portbook.h>\n#include <portbook.h>\nint not_empty;\n")
    ok(*COMPILERS[compiler], *STRICT, "-Wconversion", "-Wshadow", "-fsyntax-only",
       "-I", HEADER.parent, source)


PRELUDE = """
#include <portbook.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct portbook_error error;

static unsigned get(struct portbook *book, const char *service)
{
	struct portbook_request r = portbook_service("shop", service);
	struct portbook_entry *entry;
	unsigned port;

	r.create = true;
	entry = portbook_get(book, &r, &error);
	if (!entry) {
		fprintf(stderr, "%s\\n", error.message);
		exit(1);
	}
	port = entry->port;
	portbook_free(entry);
	return port;
}
"""

# Names of ours, and of what is inside: none of them may be taken for the program's.
OTHERS = ["fail", "text_add", "json_put", "session_open", "sqlite3_open_v2", "sqlite3_prepare_v2",
          "json_object", "json_object_set_new", "fy_parser_create", "store_begin"]


@pytest.mark.parametrize("static", [False, True], ids=["shared", "static"])
def test_library__and_a_program_may_use_the_same_names(in_c, static):
    own = "".join(f"void {name}(void);\nvoid {name}(void)\n{{\n\tabort();\n}}\n" for name in OTHERS)
    said = in_c(PRELUDE + own + """
int main(void)
{
	struct portbook *book = portbook_open(NULL, NULL);

	printf("%u ", get(book, "web"));
	printf("%u\\n", get(book, "api"));
	portbook_close(book);
	return 0;
}
""", static, "-rdynamic")
    assert said == "3100 3101\n"


OWN_SQLITE = PRELUDE + """
#include <sqlite3.h>

int main(void)
{
	struct portbook *book = portbook_open(NULL, NULL);
	sqlite3_int64 before;
	sqlite3 *db;

	if (sqlite3_open("own.db", &db) != SQLITE_OK ||
	    sqlite3_exec(db, "CREATE TABLE t(x); BEGIN; INSERT INTO t VALUES (1)", 0, 0, 0))
		return 1;
	before = sqlite3_memory_used();
	printf("%u ", get(book, "web"));
	if (before <= 0 || sqlite3_memory_used() != before)
		return 2;
	if (sqlite3_exec(db, "COMMIT", 0, 0, 0) != SQLITE_OK || sqlite3_close(db) != SQLITE_OK)
		return 3;
	printf("%u\\n", get(book, "api"));
	portbook_close(book);
	return 0;
}
"""


@pytest.mark.parametrize("static", [False, True], ids=["shared", "static"])
def test_library__leaves_the_program_s_own_sqlite_alone(in_c, pb, static):
    """Its memory is counted as before: the library's copy, which does not count, is another."""
    assert in_c(OWN_SQLITE, static, "-lsqlite3") == "3100 3101\n"
    assert pb.ok("get", "shop/api") == "3101"
