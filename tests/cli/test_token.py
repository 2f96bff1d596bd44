"""token: made once, kept as a digest, taken away.  What a server makes of it is in tests/http."""

import hashlib
import json
import stat
import subprocess

ZEROS = "0" * 64



def test_add__shows_the_token_once_and_keeps_its_digest(pb):
    result = pb("token", "add", "CI", "--project", "Shop", "--project", "bank", check=True)
    token = result.out.strip()
    assert token.startswith("portbook_") and len(token) == 73
    assert "changes only shop, bank" in result.err and "this once" in result.err
    file = pb("token", "list", "--json", check=True)
    said = json.loads(file.out)
    kept = open(said["file"], encoding="utf-8").read()
    assert token not in kept and hashlib.sha256(token.encode()).hexdigest() in kept
    assert said["tokens"][0]["projects"] == ["shop", "bank"]


def test_add__makes_a_file_that_is_its_users_alone(pb):
    path = pb.base / "deep" / "er" / "tokens"
    pb.ok("token", "add", "ci", "--tokens", path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_add__of_a_name_that_is_there_changes_nothing(pb):
    path = pb.base / "tokens"
    pb.ok("token", "add", "ci", "--tokens", path)
    before = path.read_bytes()
    assert "already" in pb.fails(3, "token", "add", "Ci", "--tokens", path).err
    pb.fails(2, "token", "add", "c/i", "--tokens", path)
    pb.fails(2, "token", "add", "other", "--project", "a/b", "--tokens", path)
    assert path.read_bytes() == before


def test_remove__leaves_comments_and_others_as_they_are(pb):
    path = pb.base / "tokens"
    path.write_text(f"# the builds\nci sha256:{ZEROS}\n\n# who looks\n")
    pb.ok("token", "add", "look", "--read-only", "--tokens", path)
    assert "no longer good" in pb.ok("token", "remove", "ci", "--tokens", path)
    lines = path.read_text().splitlines()
    assert lines[:3] == ["# the builds", "", "# who looks"] and lines[3].startswith("look sha256:")
    assert "token list" in pb.fails(1, "token", "remove", "ci", "--tokens", path).err


def test_tab__offers_the_tokens_that_there_are_to_remove(pb):
    path = pb.base / "tokens"
    path.write_text(f"ci sha256:{ZEROS} project:shop\nlook sha256:{'1' * 64} read-only\n")
    offered = pb.ok("__complete", "--", "token", "remove", "--tokens", path, "")
    assert [line.split("\t")[0] for line in offered.splitlines()][-3:-1] == ["ci", "look"]
    assert "changes only shop" in offered
    assert "look" not in pb.ok("__complete", "--", "token", "remove", "--tokens", path, "c")
    assert "ci" not in pb.ok("__complete", "--", "token", "add", "--tokens", path, "")
    assert pb.ok("__complete", "--", "token", "remove", "--tokens", pb.base, "").strip() == ":none"
    path.write_text("no token\n")
    assert "ci" not in pb.ok("__complete", "--", "token", "remove", "--tokens", path, "")


def test_list__says_what_each_may(pb):
    path = pb.base / "tokens"
    assert "token add" in pb("token", "list", "--tokens", path, check=True).err
    path.write_text(f"ci sha256:{ZEROS} project:shop\n")
    assert "changes only shop" in pb.ok("token", "list", "--tokens", path)
    assert pb.ok("token", "list", "--tokens", path, "-f", "csv").splitlines()[1] == (
        'ci,"[""shop""]",false,')


def test_bad_line__is_named_with_its_place_and_nothing_is_written(pb):
    path = pb.base / "tokens"
    path.write_text(f"# a\nci sha256:{ZEROS} readonly\n")
    for words in (("add", "x"), ("remove", "ci"), ("list",)):
        result = pb.fails(2, "token", *words, "--tokens", path)
        assert f"{path}:2: " in result.err and "at 'readonly'" in result.err
    assert path.read_text() == f"# a\nci sha256:{ZEROS} readonly\n"


def test_add__by_many_at_once_loses_none(pb):
    path = pb.base / "tokens"
    adding = [subprocess.Popen([pb.program, "token", "add", f"t{n}", "--tokens", path],
                               env=pb.environment(), stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL) for n in range(12)]
    assert [process.wait(timeout=60) for process in adding] == [0] * 12
    assert len(json.loads(pb.ok("token", "list", "--json", "--tokens", path))["tokens"]) == 12
