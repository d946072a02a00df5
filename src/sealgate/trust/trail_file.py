"""An audit trail as a file: JSON lines, so that it can be kept and verified anywhere.

The first line says what it is and which authority's: `{"type": "sealgate-audit-trail-1", "root": FINGERPRINT}`. Each
other line is an event, `{"position", "event", "leaf", "chain"}`, or a seal, `{"position", "head", "signature"}`. An
event is there as the exact text that was hashed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sealgate.errors import IntegrityError
from sealgate.trust.trail import Entry, Link, Seal

_TYPE = "sealgate-audit-trail-1"
_LINK = {"position": int, "event": str, "leaf": str, "chain": str}
_SEAL = {"position": int, "head": str, "signature": str}


def encode_trail(root_sha256: str, entries: Iterable[Entry]) -> Iterator[str]:
    """Write a trail line by line, each with its line break."""
    yield _encode_line({"type": _TYPE, "root": root_sha256})
    for entry in entries:
        yield _encode_line(_describe(entry))


def parse_trail(lines: Iterable[bytes]) -> tuple[str, Iterator[Entry]]:
    """Read a trail: the fingerprint of the authority's root, and the entries as they are asked for.

    Raises:
        IntegrityError: The first line is no such thing; reading on raises it for any other line.
    """
    numbered = enumerate(lines, 1)
    first = _load(next(numbered, (1, b"")))
    root = first.get("root")
    if set(first) != {"type", "root"} or first["type"] != _TYPE or not isinstance(root, str) or not _is_sha256(root):
        raise _malformed(1, f"it does not begin as a trail of the type {_TYPE} does")
    return root, map(_parse_entry, numbered)


def _describe(entry: Entry) -> dict[str, object]:
    if isinstance(entry, Seal):
        return {"position": entry.position, "head": entry.text, "signature": entry.signature}
    return {"position": entry.position, "event": entry.event, "leaf": entry.leaf, "chain": entry.chain}


def _encode_line(value: dict[str, object]) -> str:
    return json.dumps(value, separators=(",", ":")) + "\n"


def _parse_entry(numbered: tuple[int, bytes]) -> Entry:
    value = _load(numbered)
    if _has_form(value, _LINK):
        return Link(position=value["position"], event=value["event"], leaf=value["leaf"], chain=value["chain"])
    if _has_form(value, _SEAL):
        return Seal(position=value["position"], text=value["head"], signature=value["signature"])
    raise _malformed(numbered[0], "it is neither an event nor a seal")


def _has_form(value: dict[str, Any], form: dict[str, type]) -> bool:
    return set(value) == set(form) and all(type(value[name]) is kind for name, kind in form.items())


def _load(numbered: tuple[int, bytes]) -> dict[str, Any]:
    number, line = numbered
    try:
        value = json.loads(line)
        json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair is no text that can be hashed
    except (ValueError, RecursionError) as error:
        raise _malformed(number, "it is not JSON") from error
    if not isinstance(value, dict):
        raise _malformed(number, "it is not a JSON object")
    return value


def _is_sha256(text: str) -> bool:
    try:
        return len(text) == 64 and bytes.fromhex(text).hex() == text  # noqa: PLR2004 - digits of 32 bytes
    except ValueError:
        return False


def _malformed(number: int, rule: str) -> IntegrityError:
    return IntegrityError(f"line {number} of the trail cannot be read: {rule}", reason="MalformedTrail")
