#!/usr/bin/python3
"""Make C tables from schemas/*.json, one file per operation.

usage: schemas.py FILE... --output schemas.c schemas.h

The tables' types are in src/operations/schema.h.  A file that is incomplete, or says something
that the tables cannot hold, is refused: what a schema promises has to be checked by someone.
"""

import argparse
import json
import os
import re
import sys

# Every file has all of these, also where a list is empty.
KEYS = {"name": str, "title": str, "description": str, "input": dict, "output": dict,
        "errors": list, "examples": list}

TYPES = {"string": "FIELD_STRING", "integer": "FIELD_INTEGER", "boolean": "FIELD_BOOLEAN",
         "object": "FIELD_OBJECT", "array": "FIELD_ARRAY"}

# The keywords that set a field's limits, by its type.
LIMITS = {"string": ("minLength", "maxLength"), "integer": ("minimum", "maximum"),
          "array": ("minItems", "maxItems")}

# What an input property may say.  The rest of JSON Schema nobody checks, so nobody may promise it.
KEYWORDS = {"type", "description", "enum", "default", "examples", "items", "properties",
            "required", "additionalProperties", *sum(LIMITS.values(), ())}

INT64_MAX = 2**63 - 1


class Refused(Exception):
    pass


def check_object(schema, where):
    """`schema` describes an object of which every property is known and described."""
    if schema.get("type") != "object":
        raise Refused(f'{where}: "type" has to be "object"')
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        raise Refused(f'{where}: "properties" is missing')
    if schema.get("additionalProperties") is not False:
        raise Refused(f'{where}: "additionalProperties" has to be false')
    for name in schema.get("required", []):
        if name not in properties:
            raise Refused(f"{where}: '{name}' is required, but is no property")
    for name, value in properties.items():
        check_value(value, f"{where}.{name}")
        if not value.get("description"):
            raise Refused(f"{where}.{name} has no description")


def check_value(value, where):
    if not isinstance(value, dict) or value.get("type") not in TYPES:
        found = value.get("type") if isinstance(value, dict) else value
        raise Refused(f"{where} has the unknown type {json.dumps(found)}")
    unknown = sorted(set(value) - KEYWORDS)
    if unknown:
        raise Refused(f"{where} says '{unknown[0]}', which nobody checks")
    if "enum" in value and not (value["type"] == "string" and value["enum"]
                                and all(isinstance(c, str) for c in value["enum"])):
        raise Refused(f'{where}: an "enum" lists strings')
    if "properties" in value:
        check_object(value, where)
    if "items" in value:
        check_value(value["items"], f"{where}[]")
    low, high = limits(value)
    if low > high:
        raise Refused(f"{where}: its least is more than its most")


def limits(value):
    """The field's min and max; without any, what the type can hold."""
    low, high = LIMITS.get(value["type"], (None, None))
    otherwise = -INT64_MAX - 1 if value["type"] == "integer" else 0
    return value.get(low, otherwise), value.get(high, INT64_MAX)


def read(path):
    with open(path, encoding="utf-8") as file:
        try:
            schema = json.load(file)
        except ValueError as error:
            raise Refused(f"{path}: {error}") from error
    if not isinstance(schema, dict):
        raise Refused(f"{path} is not an object")
    for key, kind in KEYS.items():
        if not isinstance(schema.get(key), kind):
            raise Refused(f'{path}: "{key}" is missing or of the wrong type')
    if not re.fullmatch(r"[a-z][a-z0-9-]*", schema["name"]):
        raise Refused(f"{path}: '{schema['name']}' is no name for an operation")
    if schema["name"] + ".json" != os.path.basename(path):
        raise Refused(f"{path}: its name is '{schema['name']}'")
    check_object(schema["input"], f"{path}: input")
    if schema["output"].get("type") != "object":
        raise Refused(f'{path}: output: "type" has to be "object"')
    for n, example in enumerate(schema["examples"]):
        if not isinstance(example, dict) or not {"input", "output"} <= set(example):
            raise Refused(f"{path}: examples[{n}] has to have an input and an output")
    return schema


def c_string(text):
    """A C string literal.  Octal escapes, as a hexadecimal one has no end."""
    out = ""
    for byte in text.encode("utf-8"):
        char = chr(byte)
        if char in '"\\?':
            out += "\\" + char
        elif char == "\n":
            out += "\\n"
        elif 32 <= byte < 127:
            out += char
        else:
            out += f"\\{byte:03o}"
    return f'"{out}"'


def c_int(value):
    return "INT64_MIN" if value == -INT64_MAX - 1 else \
           "INT64_MAX" if value == INT64_MAX else str(value)


def item_type(value):
    """What an array holds; strings where nothing is said, which is checked of arrays alone."""
    return TYPES[value.get("items", {}).get("type", "string")]


def c_schema(schema):
    symbol = schema["name"].replace("-", "_")
    properties = schema["input"]["properties"]
    required = schema["input"].get("required", [])
    choices, fields = "", ""
    for n, (name, value) in enumerate(properties.items()):
        low, high = limits(value)
        chosen = "NULL"
        if "enum" in value:
            chosen = f"{symbol}_choices_{n}"
            words = ", ".join(c_string(word) for word in value["enum"])
            choices += f"static const char *const {chosen}[] = {{ {words}, NULL }};\n"
        fields += (f"\t{{ {c_string(name)}, {TYPES[value['type']]}, "
                   f"{'true' if name in required else 'false'}, {c_int(low)}, {c_int(high)}, "
                   f"{item_type(value)}, {chosen},\n"
                   f"\t  {c_string(value['description'])} }},\n")
    if fields:
        fields = f"static const struct schema_field {symbol}_input[] = {{\n{fields}}};\n"
    text = json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
    lines = "\n\t".join(c_string(text[i:i + 80]) for i in range(0, len(text), 80))
    return f"""\
{choices}{fields}static const char {symbol}_text[] =
	{lines};
const struct schema schema_{symbol} = {{
	.name = {c_string(schema["name"])},
	.title = {c_string(schema["title"])},
	.description = {c_string(schema["description"])},
	.text = {symbol}_text,
	.text_len = sizeof({symbol}_text) - 1,
	.input = {symbol + "_input" if fields else "NULL"},
	.n_input = {len(properties)},
}};

"""


def main():
    args = argparse.ArgumentParser()
    args.add_argument("files", nargs="*")
    args.add_argument("--output", nargs=2, required=True)
    args = args.parse_args()
    try:
        schemas = [read(path) for path in args.files]
    except Refused as error:
        sys.exit(f"schemas.py: {error}")

    with open(args.output[0], "w", encoding="ascii") as out:
        out.write('/* Made by tools/schemas.py from schemas/. */\n#include "schemas.h"\n\n')
        out.writelines(c_schema(schema) for schema in schemas)
    with open(args.output[1], "w", encoding="ascii") as out:
        out.write("/* Made by tools/schemas.py from schemas/. */\n#pragma once\n\n"
                  '#include "operations/schema.h"\n\n')
        for schema in schemas:
            out.write(f"extern const struct schema schema_{schema['name'].replace('-', '_')};\n")


main()
