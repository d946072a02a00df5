"""Write docs/OPERATIONS.md from the bound operations and the list of relaxations. A test compares the two."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sealgate.aws.api.lambda_ import lambda_
from sealgate.aws.api.s3 import s3
from sealgate.aws.api.signer import signer
from sealgate.aws.api.sts import sts
from sealgate.aws.operation import Api
from sealgate.aws.relaxations import RELAXATIONS

TARGET = Path(__file__).parent.parent / "docs" / "OPERATIONS.md"

_HEAD = """\
# Operations

Written by `python scripts/document.py`; do not edit.

Every operation that is bound, with what authorisation asks about. An operation of these services that is not listed is
answered with NotImplemented, by name. A request member that an operation does not take is refused by name.
"""
_RELAXATIONS = """\
## Deliberate relaxations

What Sealgate accepts and AWS refuses. `strict_aws = true` (`--strict-aws`) turns all of them off.

| what | AWS | here |
| --- | --- | --- |
"""


def render() -> str:
    """Answer the whole document."""
    relaxations = "".join(f"| {each.key} | {each.aws} | {each.here} |\n" for each in RELAXATIONS)
    sections = [section for api in (signer, lambda_, s3, sts) for section in _render_service(api)]
    return "\n".join([_HEAD, _RELAXATIONS + relaxations, *sections])


def _render_service(api: Api) -> Iterator[str]:
    rows = "".join(
        f"| {name} | {method} | `{uri.replace('|', '&#124;')}` | {action} | `{resource}` |\n"
        for name, method, uri, action, resource in sorted(api.table())
    )
    yield f"## {api.model.service_id}\n"
    yield f"| operation | method | path | action | resource |\n| --- | --- | --- | --- | --- |\n{rows}"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
