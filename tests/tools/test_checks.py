"""Each check of the source refuses what it is there to refuse, and lets pass what is right."""

import json
import os
import subprocess
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parent.parent.parent / "tools"

LAYERS = """\
base:
ports:       base
store:       ports base
cli:         ports base
lib sqlite3: store/sqlite      lib jansson: base      lib portbook: store
"""


@pytest.fixture
def tree(tmp_path):
    """tree({path: text}): a small source tree that every check likes, and these files."""
    def make(files):
        good = {"tools/layers.txt": LAYERS,
                "src/base/err.h": "#include <stdbool.h>\n",
                "src/ports/plan.c": '#include "ports/plan.h"\n#include <string.h>\n',
                "src/ports/plan.h": '#include "base/err.h"\n',
                "src/store/library.h": "#include <portbook.h>\n",
                "include/portbook.h": "#include <stdint.h>\n",
                "src/store/sqlite/open.c": '#include <sqlite3.h>\n#include "ports/plan.h"\n'
                                           'const char *q = "SELECT a"\n\t" FROM b";\n'}
        for path, text in {**good, **files}.items():
            path = tmp_path / path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path
    return make


def run(tool, *args):
    return subprocess.run([TOOLS / tool, *map(str, args)], capture_output=True, text=True,
                          check=False)


def passes(tool, *args):
    result = run(tool, *args)
    assert result.returncode == 0, result.stderr


def refuses(word, tool, *args):
    result = run(tool, *args)
    assert result.returncode != 0 and word in result.stderr, result.stderr


@pytest.mark.parametrize("args", [["check-layers"], ["check-purity", "--sources-only"],
                                  ["check-sql"], ["check-banned"]])
def test_every_check_lets_a_good_tree_pass(tree, args):
    passes(*args, tree({}))


@pytest.mark.parametrize("files, word", [
    ({"src/base/x.c": '#include "ports/plan.h"\n'}, "base may not include ports"),
    ({"src/cli/x.c": '#  include "store/open.h"\n'}, "cli may not include store"),
    ({"src/store/x.c": "#include <sqlite3.h>\n"}, "belongs to store/sqlite"),
    ({"src/cli/x.h": "#include <jansson.h>\n"}, "belongs to base"),
    ({"src/cli/x.h": "#include <curl/curl.h>\n"}, "has no room"),
    ({"src/web/x.c": "\n"}, "in no folder"),
    ({"src/x.c": "\n"}, "in no folder"),
    ({"src/cli/x.c": '#include "x.h"\n'}, "write the folder"),
    ({"src/cli/x.c": "#include <portbook.h>\n"}, "belongs to store"),
    ({"include/x.h": '#include "base/err.h"\n'}, "only ISO C's"),
    ({"include/x.h": "#include <sys/types.h>\n"}, "only ISO C's"),
    ({"tools/layers.txt": LAYERS.replace("base:\n", "base: cli\n")}, "is a cycle"),
    ({"tools/layers.txt": LAYERS + "app: moon\n"}, "moon, which has no line"),
])
def test_layers__refuses(tree, files, word):
    refuses(word, "check-layers", tree(files))


def test_layers__an_include_in_a_comment_is_none(tree):
    passes("check-layers", tree({"src/base/x.c": '/*\n#include "cli/x.h"\n*/\n'}))


@pytest.mark.parametrize("include", ["<unistd.h>", "<time.h>", "<sys/socket.h>", '"base/fd.h"'])
def test_purity__refuses_a_header_that_can_act(tree, include):
    top = tree({"src/ports/x.c": f"#include {include}\n"})
    refuses("not for pure code", "check-purity", "--sources-only", top)


@pytest.mark.parametrize("body, word", [
    ("return strlen(s);", None),
    ("return (unsigned long)malloc(strlen(s));", "malloc()"),
    ("return (unsigned long)time(0) + strlen(s);", "time()"),
    ('return (unsigned long)getenv("HOME");', "getenv()"),
])
def test_purity__reads_what_the_objects_call(tree, body, word):
    top = tree({"src/ports/x.c": "#include <stdlib.h>\n#include <string.h>\nlong time(long *);\n"
                                 f"unsigned long f(const char *s) {{ {body} }}\n"})
    folder = top / "build/src/ports"
    folder.mkdir(parents=True)
    subprocess.run(["gcc", "-c", top / "src/ports/x.c", "-o", folder / "x.o"], check=True)
    subprocess.run(["ar", "rcs", folder / "libpb_ports.a", folder / "x.o"], check=True)
    if word:
        refuses(word, "check-purity", top)
    else:
        passes("check-purity", top)


def test_purity__refuses_to_judge_what_is_not_built(tree):
    refuses("not built", "check-purity", tree({}))


@pytest.mark.parametrize("sql", [
    "SELECT a FROM b", 'SELECT a"\n\t" FROM b', "INSERT INTO a VALUES (1)", "UPDATE a SET b = 1",
    "DELETE FROM a", "CREATE TABLE a (b)", "INSERT OR IGNORE INTO a",
])
def test_sql__refuses_it_outside_the_store(tree, sql):
    refuses("src/cli/x.c:1: SQL", "check-sql", tree({"src/cli/x.c": f'char *s = "{sql}";\n'}))


def test_sql__words_of_english_and_comments_are_none(tree):
    passes("check-sql", tree({"src/cli/x.c": '/* SELECT a FROM b */ char *s = "select one from";\n'
                                             'char *t = "SELECT", u = 1, *v = "FROM";\n'}))


@pytest.mark.parametrize("code, word", [
    ("strcpy(a, b);", "strcpy"), ("sprintf (a, b);", "sprintf"), ("n = atoi(a);", "atoi"),
    ("system(a);", "system"), ("goto out;", "goto"), ("/* TODO: more */", "TODO"),
    ("// FIXME", "FIXME"),
])
def test_banned__refuses(tree, code, word):
    refuses(f"src/cli/x.c:2: {word}", "check-banned", tree({"src/cli/x.c": f"\n{code}\n"}))


def test_banned__words_in_comments_and_strings_are_none(tree):
    passes("check-banned", tree({"src/cli/x.c": '/* strcpy(a) and goto */ f("atoi(x) XXXXXX");\n'
                                                "snprintf(a, n, b); my_system(c); fgets(d);\n"}))


def test_listed__refuses_a_file_that_no_list_has(tree):
    lists = {"src/meson.build": "", "src/cli/meson.build": "cli_lib = files(\n\t'x.c',\n)\n",
             "src/ports/meson.build": "files('plan.c')",
             "src/store/meson.build": "files('sqlite/open.c')",
             "src/operations/meson.build": "", "schemas/x.schema.json": "",
             "tests/meson.build": "unit_tests = ['test_a']",
             "src/cli/x.c": "", "tests/unit/test_a.c": ""}
    passes("check-listed", tree(lists))
    refuses("src/cli/y.c is not listed", "check-listed", tree({**lists, "src/cli/y.c": ""}))
    refuses("x.json is not listed", "check-listed", tree({**lists, "schemas/x.json": ""}))
    refuses("test_b.c is not listed", "check-listed", tree({**lists, "tests/unit/test_b.c": ""}))


# --- tools/schemas.py

GET = {"name": "get", "title": "Get a port", "description": 'Says "what"?\n\u00e9',
       "input": {"type": "object", "additionalProperties": False, "required": ["projectName"],
                 "properties": {
                     "projectName": {"type": "string", "minLength": 1, "maxLength": 63,
                                     "description": "whose"},
                     "protocol": {"type": "string", "enum": ["tcp", "udp"], "description": "which"},
                     "port": {"type": "integer", "minimum": 1, "maximum": 65535,
                              "description": "where"}}},
       "output": {"type": "object"}, "errors": ["taken"], "examples": [{"input": {}, "output": {}}]}


def make_schemas(folder, schema, name="get.json"):
    path = folder / name
    path.write_text(json.dumps(schema))
    return run("schemas.py", path, "--output", folder / "schemas.c", folder / "schemas.h")


def broken(**changes):
    """GET with other values at "key" or "key__inner"; None takes it away."""
    schema = json.loads(json.dumps(GET))
    for way, value in changes.items():
        *outer, last = way.split("__")
        at = schema
        for key in outer:
            at = at[key]
        if value is None:
            del at[last]
        else:
            at[last] = value
    return schema


def test_schemas__the_table_says_what_the_file_says(tmp_path):
    assert make_schemas(tmp_path, GET).returncode == 0
    (tmp_path / "main.c").write_text("""
        #include <stdio.h>
        #include "schemas.h"
        int main(void)
        {
            const struct schema *s = &schema_get;
            for (size_t i = 0; i < s->n_input; i++)
                printf("%s %d %d %ld %ld %s\\n", s->input[i].name, s->input[i].type,
                       s->input[i].required, s->input[i].min, s->input[i].max,
                       s->input[i].choices ? s->input[i].choices[1] : "-");
            fwrite(s->text, 1, s->text_len, stdout);
        }""")
    subprocess.run(["gcc", "-Wall", "-Wextra", "-Werror", f"-I{TOOLS.parent}/src", "-I.", "main.c",
                    "schemas.c", "-o", "main"], cwd=tmp_path, check=True)
    *fields, text = subprocess.run([tmp_path / "main"], check=True, capture_output=True,
                                   text=True).stdout.splitlines()
    assert fields == ["projectName 0 1 1 63 -", f"protocol 0 0 0 {2**63 - 1} udp",
                      "port 1 0 1 65535 -"]
    assert json.loads(text) == GET


@pytest.mark.parametrize("schema, word", [
    *[(broken(**{key: None}), f'"{key}" is missing') for key in GET if key != "name"],
    (broken(name="put"), "its name is 'put'"),
    (broken(input__properties__port__description=None), "port has no description"),
    (broken(input__properties__port__type="number"), 'unknown type "number"'),
    (broken(input__properties__port__type=None), "unknown type null"),
    (broken(input__properties__port__pattern="x"), "says 'pattern'"),
    (broken(input__required=["host"]), "'host' is required"),
    (broken(input__additionalProperties=True), "additionalProperties"),
    (broken(input__properties__port__minimum=70000), "its least is more"),
    (broken(examples=[{"input": {}}]), "examples[0]"),
])
def test_schemas__refuses(tmp_path, schema, word):
    result = make_schemas(tmp_path, schema)
    assert result.returncode != 0 and word in result.stderr, result.stderr


# --- tools/embed.py

def test_embed__every_byte_is_there_and_a_nul_after_it(tmp_path):
    data = bytes(range(256))
    (tmp_path / "a-b.bin").write_bytes(data)
    (tmp_path / "empty.txt").write_bytes(b"")
    made = run("embed.py", tmp_path / "a-b.bin", tmp_path / "empty.txt", "--output",
               *(tmp_path / f"e.{end}" for end in "Sch"), "--table", "all")
    assert made.returncode == 0, made.stderr
    (tmp_path / "main.c").write_text("""
        #include <stdio.h>
        #include "e.h"
        int main(void)
        {
            fprintf(stderr, "%zu %s %zu %u %s %zu", all_count, all[0].name, all[0].len,
                    embed_a_b_bin_len, all[1].name, all[1].len);
            fwrite(embed_a_b_bin, 1, all[0].len + 1, stdout);
        }""")
    subprocess.run(["gcc", f"-I{TOOLS.parent}/src", "-I.", "main.c", "e.c", "e.S", "-o", "main"],
                   cwd=tmp_path, check=True)
    ran = subprocess.run([tmp_path / "main"], check=True, capture_output=True)
    assert ran.stdout == data + b"\0"
    assert ran.stderr == b"2 a-b.bin 256 256 empty.txt 0"


def test_embed__two_files_of_one_name_are_refused(tmp_path):
    for name in ("a-b", "a.b"):
        (tmp_path / name).write_text("")
    refuses("would both be", "embed.py", tmp_path / "a-b", tmp_path / "a.b", "--output",
            *(tmp_path / f"e.{end}" for end in "Sch"), "--table", "all")


# --- tools/count-tests

def count(tmp_path, *programs):
    log = tmp_path / "testlog.json"
    log.write_text("".join(json.dumps({"name": "p", **program}) + "\n" for program in programs))
    return run("count-tests", "meson", log).stdout.strip()


def test_count__each_function_is_a_test(tmp_path):
    assert count(tmp_path, {"result": "FAIL", "stdout": "1..3\nok 1 - a\nnot ok 2 - b\n"
                                                        "not ok 3 # SKIP c\n# not ok - t\n"}) == "1 1 1"


def test_count__what_a_crash_left_out_has_failed(tmp_path):
    assert count(tmp_path, {"result": "FAIL", "stdout": "1..4\nok 1 - a\n"}) == "1 3 0"
    assert count(tmp_path, {"result": "FAIL", "stdout": "1..1\nok 1 - a\n",
                            "stderr": "LeakSanitizer"}) == "1 1 0"


def test_count__a_program_without_tap_is_one_test(tmp_path):
    assert count(tmp_path, {"result": "OK"}, {"result": "TIMEOUT"}) == "1 1 0"


# --- tools/install-packages

def test_install_packages__does_nothing_when_all_are_there(tmp_path):
    """With a dpkg-query that has everything, neither apt-get nor sudo is called."""
    fake(tmp_path, "dpkg-query", "echo installed")
    fake(tmp_path, "apt-get", "echo called; exit 1")
    result = install(tmp_path)
    assert (result.returncode, result.stdout) == (0, "")


def test_install_packages__installs_only_what_is_missing(tmp_path):
    fake(tmp_path, "dpkg-query", 'case "$*" in *meson*) exit 1;; *) echo installed;; esac')
    fake(tmp_path, "apt-get", 'echo "$DEBIAN_FRONTEND: $*"')
    fake(tmp_path, "id", "echo 0")
    assert install(tmp_path).stdout.splitlines() == [
        "Installing: meson", "noninteractive: update -q",
        "noninteractive: install -q -y --no-install-recommends meson"]


def test_install_packages__without_root_and_sudo_says_what_to_do(tmp_path):
    fake(tmp_path, "dpkg-query", 'case "$*" in *meson*) exit 1;; *) echo installed;; esac')
    fake(tmp_path, "id", "echo 1000")
    for tool in ("dirname", "sed", "xargs", "sh", "echo"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    result = install(tmp_path, path=str(tmp_path))
    assert result.returncode == 1 and "apt-get install meson" in result.stderr


def fake(folder, name, script):
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def install(folder, path=None):
    env = {name: value for name, value in os.environ.items() if name != "DEBIAN_FRONTEND"}
    env["PATH"] = path or f"{folder}:{env['PATH']}"
    return subprocess.run(["/bin/sh", TOOLS / "install-packages", "build"], env=env,
                          capture_output=True, text=True, check=False)
