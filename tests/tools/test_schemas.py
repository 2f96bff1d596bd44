"""The files in schemas/ keep their own word: they are JSON Schema, and their examples fit them.

NAME.json is an operation; NAME.schema.json is for editors, of a file that people write.
"""

import json
from pathlib import Path

import jsonschema
import pytest

FILES = sorted((Path(__file__).resolve().parent.parent.parent / "schemas").glob("*.json"))
EDITORS = [path for path in FILES if path.name.endswith(".schema.json")]
OPERATIONS = [path for path in FILES if path not in EDITORS]


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: path.stem)
def test_schema__is_valid_and_its_examples_fit_it(path):
    schema = json.loads(path.read_text(encoding="utf-8"))
    for part in ("input", "output"):
        validator = jsonschema.Draft202012Validator(schema[part])
        validator.check_schema(schema[part])
        for example in schema["examples"]:
            validator.validate(example[part])


@pytest.mark.parametrize("path", EDITORS, ids=lambda path: path.stem)
def test_schema_for_editors__is_valid_and_its_examples_fit_it(path):
    schema = json.loads(path.read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    assert schema["examples"]
    for example in schema["examples"]:
        validator(schema).validate(example)
