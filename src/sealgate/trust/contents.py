"""The signed list of what a package was unpacked to.

It is made while verified bytes are unpacked, and signed with a key of its own: whoever can write to the unpacked files,
but has not that key, cannot change a file and the list together.

The text that is signed is in lines of JSON, ASCII, without white space: first what the package is, then an array for
each directory, file and link below the folder, in the order of the paths' parts (docs/FORMAT.md §9).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from io import BytesIO
from typing import Any, NamedTuple

from sealgate.errors import IntegrityError
from sealgate.trust.roots import TrustRoots
from sealgate.trust.statements import StatementSigner, VerifiedStatement, verify_statement
from sealgate.values import value
from sealgate.x509.profile import CODE_CONTENTS

_TYPE = "sealgate-code-contents-2"
_FORMER_TYPE = "sealgate-code-contents-1"  # had SHA-256 where there is BLAKE3 now
_PARSER = json.JSONDecoder()  # `json.loads` would first find out which Unicode a line is in
_DIRECTORY, _FILE, _LINK = "d", "f", "l"


class Proof(StrEnum):
    """How it was known, at unpacking, that the bytes were the package's."""

    SEAL = "seal"
    """The archive seal of a verified signature."""
    DIGEST = "digest"
    """AWS's digest under a verified signature, and the SHA-256 that the package is named by."""
    NAME = "sha256"
    """The SHA-256 that the package is named by, alone: it carries no signature that counts."""


@value
class Unpacked:
    """What a list is about.

    Attributes:
        package_sha256: The package: 64 lower-case hexadecimal digits over the whole file.
        proof: How it was verified.
        unpacked_at: When, in UTC and whole seconds.
    """

    package_sha256: str
    proof: Proof
    unpacked_at: datetime


class Item(NamedTuple):
    """One directory, file or link below the folder. A tuple, since there may be two hundred thousand.

    Attributes:
        path: Its parts joined by `/`, without one at the end.
        kind: `d`, `f` or `l`.
        mode: The permission bits; 0 for a link, which has none.
        size: Bytes of a file; else 0.
        content: BLAKE3 of a file, 32 bytes; the target of a link; else empty.
    """

    path: bytes
    kind: str
    mode: int
    size: int
    content: bytes

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return self.kind == _DIRECTORY

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return self.kind == _LINK


def directory_item(path: bytes, *, mode: int) -> Item:
    """Make the item of a directory."""
    return Item(path, _DIRECTORY, mode, 0, b"")


def file_item(path: bytes, *, mode: int, size: int, blake3: bytes) -> Item:
    """Make the item of a file."""
    return Item(path, _FILE, mode, size, blake3)


def link_item(path: bytes, target: bytes) -> Item:
    """Make the item of a symbolic link."""
    return Item(path, _LINK, 0, 0, target)


@value
class SignedContents:
    """A list and its signature. Nothing in it is verified.

    Attributes:
        text: The exact bytes that were signed.
        block: The signature block, in PEM.
    """

    text: bytes
    block: bytes


@value
class VerifiedContents:
    """A list that a trusted authority signed.

    Attributes:
        unpacked: What it is about.
        statement: Who signed it, and when.
        text: All of it.
    """

    unpacked: Unpacked
    statement: VerifiedStatement
    text: bytes

    def items(self) -> Iterator[Item]:
        """Read the items one after the other, in the order of `sort_key`.

        Raises:
            IntegrityError: A line is no item: the signer is trusted, and of another version.
        """
        lines = BytesIO(self.text)
        lines.readline()
        return map(_parse_item, lines)


def sort_key(path: bytes) -> bytes:
    """Answer what paths are ordered by: their parts, so that all below a directory stands right behind it.

    NUL stands in no path, and before every other byte.
    """
    return path.replace(b"/", b"\0")


def sign_contents(unpacked: Unpacked, items: Iterable[Item], signer: StatementSigner) -> SignedContents:
    """Sign a list.

    Args:
        unpacked: What it is about.
        items: In any order.
        signer: The authority.
    """
    text = BytesIO()
    text.write(_encode_head(unpacked))
    for item in sorted(items, key=lambda item: sort_key(item.path)):
        text.write(_encode_item(item))
    signed = text.getvalue()
    block = signer.sign_statement(signed, kind=CODE_CONTENTS, signing_time=unpacked.unpacked_at)
    return SignedContents(text=signed, block=block)


def verify_contents(contents: SignedContents, *, roots: TrustRoots, at: datetime) -> VerifiedContents:
    """Verify a list's signature, and read what it is about. Whether a folder is like it is another question.

    Args:
        contents: What was signed.
        roots: The authority's own; others have nothing to say about what this server unpacked.
        at: The present.

    Raises:
        IntegrityError: It is forged, or not from a trusted authority, or from the future, or something else. With the
            reason FormerContents it is genuine, and was made by a server that wrote such lists in another form.
    """
    statement = verify_statement(contents.text, contents.block, kind=CODE_CONTENTS, roots=roots, at=at)
    head, _, _ = contents.text.partition(b"\n")
    unpacked = _parse_head(head)
    if unpacked.unpacked_at != statement.signing_time:
        raise _malformed("it was not signed when it says that it was made")
    return VerifiedContents(unpacked=unpacked, statement=statement, text=contents.text)


def _encode_head(unpacked: Unpacked) -> bytes:
    stated = {
        "type": _TYPE,
        "package": unpacked.package_sha256,
        "proof": unpacked.proof,
        "unpackedAt": unpacked.unpacked_at.isoformat(),
    }
    return _encode_line(stated)


def _parse_head(line: bytes) -> Unpacked:
    try:
        stated = json.loads(line)
        if stated["type"] == _FORMER_TYPE:
            raise IntegrityError(f"the {CODE_CONTENTS.name} has a former form", reason="FormerContents")
        unpacked = Unpacked(
            package_sha256=str(stated["package"]),
            proof=Proof(stated["proof"]),
            unpacked_at=datetime.fromisoformat(stated["unpackedAt"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _malformed("its first line is not that of such a list") from error
    if unpacked.unpacked_at.tzinfo is not UTC or _encode_head(unpacked) != line + b"\n":
        raise _malformed("its first line is not in its canonical form")
    return unpacked


def _encode_item(item: Item) -> bytes:
    if item.is_directory:
        return _encode_line([_DIRECTORY, _decode(item.path), item.mode])
    if item.is_link:
        return _encode_line([_LINK, _decode(item.path), _decode(item.content)])
    return _encode_line([_FILE, _decode(item.path), item.mode, item.size, item.content.hex()])


def _parse_item(line: bytes) -> Item:
    try:
        kind, path, *rest = _PARSER.decode(line.decode("ascii"))
        if kind == _FILE:
            mode, size, blake3 = rest
            return Item(_encode(path), _FILE, mode, size, bytes.fromhex(blake3))
        if kind == _DIRECTORY:
            (mode,) = rest
            return Item(_encode(path), _DIRECTORY, mode, 0, b"")
        if kind == _LINK:
            (target,) = rest
            return Item(_encode(path), _LINK, 0, 0, _encode(target))
    except (TypeError, ValueError, AttributeError) as error:
        raise _malformed("a line is no item") from error
    raise _malformed("an item is of an unknown kind")


def _encode_line(stated: Any) -> bytes:
    return json.dumps(stated, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _decode(name: bytes) -> str:
    # Targets of links need not be UTF-8; what is not becomes lone surrogates (PEP 383), which JSON escapes.
    return name.decode("utf-8", "surrogateescape")


def _encode(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _malformed(rule: str) -> IntegrityError:
    return IntegrityError(f"the {CODE_CONTENTS.name} cannot be read: {rule}", reason="MalformedContents")
