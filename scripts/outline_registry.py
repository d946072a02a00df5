"""Write what the schemas of AWS's CloudFormation registry say of the resource types here. A test compares the tables.

Needs cfn-lint, which brings the schemas: run it with the Python of the environment that `requirements/tools.txt` is
installed in, on a path that has `src`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sealgate.services.stacks.resources.registry import RESOURCE_TYPES
from sealgate.services.stacks.templates.shapes import ListOf, Shape, Structure

TARGET = Path(__file__).parent.parent / "tests" / "services" / "stacks" / "resources" / "registry.json"

UNPUBLISHED = frozenset({"AWS::CDK::Metadata"})
"""Types that the registry does not describe."""
_PREFIX = "/properties/"
_SERVICES = frozenset({"iam", "lambda", "logs", "s3", "signer", "ssm"})


def outline(schema: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """Answer the types, and the names at each depth that a table goes to; no patterns, no prose."""
    return {
        "actions": sorted(_actions_in(schema)),
        "createOnly": _names_in(schema, "createOnlyProperties"),
        "readOnly": _names_in(schema, "readOnlyProperties"),
        **_outline(schema, schema, shape),
    }


def _actions_in(schema: Mapping[str, Any]) -> set[str]:
    """Answer what a caller has to be allowed for all that a stack does with a resource, as far as it exists here."""
    handlers = (schema.get("handlers") or {}).values()
    return {each for handler in handlers for each in handler["permissions"] if each.partition(":")[0] in _SERVICES}


def _names_in(schema: Mapping[str, Any], paths: str) -> list[str]:
    names = (path.removeprefix(_PREFIX).replace("/", ".") for path in schema.get(paths) or ())
    return sorted(name for name in names if "*" not in name)


def _outline(schema: Mapping[str, Any], part: Mapping[str, Any], shape: Shape | None) -> dict[str, Any]:
    while "$ref" in part:
        part = schema["definitions"][part["$ref"].rpartition("/")[2]]
    kinds = part.get("type", "object")
    outlined: dict[str, Any] = {"type": kinds if isinstance(kinds, list) else [kinds]}
    if isinstance(shape, Structure):
        outlined["required"] = sorted(part.get("required") or ())
        inner = {name: each.shape for name, each in shape.properties.items()}
        outlined["properties"] = {
            name: _outline(schema, each, inner.get(name)) for name, each in sorted(part["properties"].items())
        }
    if isinstance(shape, ListOf):
        outlined["items"] = _outline(schema, part["items"], shape.item)
    return outlined


def main() -> None:
    """Write the file."""
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER as SCHEMAS  # noqa: PLC0415 - of another environment

    found = {
        name: outline(SCHEMAS.get_resource_schema("us-east-1", name).schema, Structure(kind.properties))
        for name, kind in sorted(RESOURCE_TYPES.items())
        if name not in UNPUBLISHED
    }
    TARGET.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
