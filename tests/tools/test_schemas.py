"""The files in schemas/ keep their own word: they are JSON Schema, and their examples fit them."""

import json
from pathlib import Path

import jsonschema
import pytest

FILES = sorted((Path(__file__).resolve().parent.parent.parent / "schemas").glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_schema__is_valid_and_its_examples_fit_it(path):
    schema = json.loads(path.read_text(encoding="utf-8"))
    for part in ("input", "output"):
        validator = jsonschema.Draft202012Validator(schema[part])
        validator.check_schema(schema[part])
        for example in schema["examples"]:
            validator.validate(example[part])
