"""Whether a package can be unpacked, how large it is then, and whether something in it wants to be its signature."""

from __future__ import annotations

from dataclasses import dataclass

from sealgate.errors import PackageError
from sealgate.package.archive import DEPLOYABLE, SIGNATURE_NAME, ExpandsTooFar, parse_archive
from sealgate.package.digest import digest_contents
from sealgate.package.rules import MAX_EXPANDED
from sealgate.package.source import Source
from sealgate.services.functions.errors import InvalidParameter, PackageUnreadable, UnzippedTooLarge

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What is in a package.

    Attributes:
        unzipped_size: Bytes of all entries together, unpacked, the signature left out; 0 where it is unreadable.
        unreadable: Why it cannot become a function's code, whoever signed it; None if it can.
    """

    unzipped_size: int
    unreadable: InvalidParameter | None


def measure_contents(source: Source, *, is_verified: bool) -> Contents:
    """Look through a package.

    Args:
        source: The package.
        is_verified: A whole signature covers the contents, so that they need not be unpacked again to be checked.
    """
    try:
        archive = parse_archive(source, rules=DEPLOYABLE)
        if not is_verified:
            digest_contents(archive)
    except ExpandsTooFar:
        return Contents(unzipped_size=0, unreadable=UnzippedTooLarge(MAX_EXPANDED))
    except PackageError as error:
        return Contents(unzipped_size=0, unreadable=PackageUnreadable(error.message))
    return Contents(unzipped_size=archive.total_size, unreadable=None)


def carries_signature(source: Source) -> bool:
    """Tell whether a package that could not be verified carries a signature entry, in whatever state.

    Where the archive is too broken to list its entries, the name alone is looked for, anywhere in the file. It decides
    only which words a refusal has.
    """
    try:
        return parse_archive(source, rules=DEPLOYABLE).signature is not None
    except PackageError:
        return _mentions(source, SIGNATURE_NAME)


def _mentions(source: Source, needle: bytes) -> bool:
    overlap = len(needle) - 1
    for offset in range(0, source.size, _CHUNK):
        start = max(0, offset - overlap)
        end = min(offset + _CHUNK, source.size)
        if needle in source.read_at(start, end - start):
            return True
    return False
