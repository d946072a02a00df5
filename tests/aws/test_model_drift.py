"""An upgrade of botocore that changes a bound operation is a reviewed change: its shapes have a checksum here.

After a review: `python tests/aws/test_model_drift.py` writes the checksums anew.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from sealgate.aws.apis import APIS

CHECKSUMS = Path(__file__).with_name("model_checksums.json")


def _outline(shape: Any, seen: frozenset[str]) -> Any:
    """What of a shape matters on the wire; prose does not."""
    if shape is None or shape.name in seen:
        return None if shape is None else shape.name
    seen |= {shape.name}
    inner: dict[str, Any] = {}
    if shape.type_name == "structure":
        inner = {name: _outline(member, seen) for name, member in shape.members.items()}
    elif shape.type_name == "list":
        inner = {"member": _outline(shape.member, seen)}
    elif shape.type_name == "map":
        inner = {"key": _outline(shape.key, seen), "value": _outline(shape.value, seen)}
    metadata = {name: value for name, value in shape.metadata.items() if name not in ("document", "union")}
    return [shape.type_name, metadata, shape.serialization, inner]


def checksums() -> dict[str, str]:
    """The checksum of every bound operation."""
    found = {}
    for api in APIS:
        for operation in api.operations:
            if operation.binding is not None:
                model, nothing = operation.model, frozenset[str]()
                parts = [model.http, _outline(model.input_shape, nothing), _outline(model.output_shape, nothing)]
                text = json.dumps(parts, sort_keys=True, default=str)
                found[f"{api.service}:{operation.name}"] = hashlib.sha256(text.encode()).hexdigest()[:16]
    return dict(sorted(found.items()))


def test_the_models_of_the_bound_operations_are_those_that_were_reviewed() -> None:
    assert checksums() == json.loads(CHECKSUMS.read_text())


if __name__ == "__main__":
    CHECKSUMS.write_text(json.dumps(checksums(), indent=2) + "\n")
