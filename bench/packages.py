"""Deterministic test packages: each call writes the same bytes.

small   1 entry, about 1 kB
medium  2,300 entries, about 25 MB, packed to about 17 MB (much is packed already, as in a botocore layer)
large   4,600 entries, about 150 MB, packed to about 60 MB (numpy and scipy, say)
many    10,000 small entries, about 24 MB, packed to about 9 MB
function  300 entries, about 24 MB, packed to about 10 MB, with a handler that answers its event
"""

from __future__ import annotations

import random
import zipfile
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path

_WORDS = (
    *("def", "return", "self", "import", "from", "class", "for", "in", "if", "not", "None", "value", "result"),
    *("package", "entry", "signature", "digest", "offset", "length", "name", "raise", "error", "source", "archive"),
    *("directory", "record", "header", "field", "limit", "rule", "check", "read", "write", "bytes", "str", "int"),
)
_FREQUENCIES = list(accumulate(1 / (index + 1) for index in range(len(_WORDS))))
_DATE = (2026, 1, 1, 0, 0, 0)


def small(path: Path) -> None:
    """Write one entry of about a kilobyte."""
    rng = random.Random(1)  # noqa: S311 (repeatable, not secret)
    _write(path, [("app.py", _text(rng, 900))])


def medium(path: Path) -> None:
    """Write 2,300 entries, most of whose bytes do not compress."""
    rng = random.Random(2)  # noqa: S311
    _write(path, _mixed(rng, texts=1900, text=5_200, blobs=400, blob=38_000))


def large(path: Path) -> None:
    """Write 4,600 entries, some of which are large libraries."""
    rng = random.Random(3)  # noqa: S311
    _write(path, _libraries(rng))


def many(path: Path) -> None:
    """Write 10,000 small entries."""
    rng = random.Random(4)  # noqa: S311
    _write(path, _mixed(rng, texts=9_500, text=2_100, blobs=500, blob=8_000))


def function(path: Path) -> None:
    """Write 300 entries, the first of which can be invoked."""
    rng = random.Random(5)  # noqa: S311
    handler = b"def handler(event, context):\n    return event\n"
    _write(path, [("app.py", handler), *_mixed(rng, texts=270, text=11_000, blobs=24, blob=45_000), *_natives(rng)])


PACKAGES: dict[str, Callable[[Path], None]] = {
    "small": small,
    "medium": medium,
    "large": large,
    "many": many,
    "function": function,
}


def build(name: str, folder: Path) -> Path:
    """Write a package into a folder unless it is there already."""
    path = folder / f"{name}.zip"
    if not path.exists():
        PACKAGES[name](path)
    return path


def _write(path: Path, members: Iterator[tuple[str, bytes]] | list[tuple[str, bytes]]) -> None:
    part = path.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, body in members:
            info = zipfile.ZipInfo(name, _DATE)
            info.external_attr = 0o100644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, body)
    part.rename(path)


def _mixed(rng: random.Random, *, texts: int, text: int, blobs: int, blob: int) -> Iterator[tuple[str, bytes]]:
    for index in range(texts):
        yield f"lib/part{index % 37}/module_{index}.py", _text(rng, rng.randrange(text * 2))
    for index in range(blobs):
        yield f"data/part{index % 11}/blob_{index}.bin", rng.randbytes(rng.randrange(blob * 2))


def _libraries(rng: random.Random) -> Iterator[tuple[str, bytes]]:
    yield from _mixed(rng, texts=4_300, text=11_000, blobs=270, blob=45_000)
    for index in range(24):
        yield f"native/library_{index}.so", _code(rng, rng.choice((1_000_000, 2_000_000, 5_000_000)))
    yield "native/blas.so", _code(rng, 20_000_000)


def _natives(rng: random.Random) -> Iterator[tuple[str, bytes]]:
    for index in range(5):
        yield f"native/library_{index}.so", _code(rng, 4_000_000)


def _text(rng: random.Random, length: int) -> bytes:
    lines: list[str] = []
    size = 0
    while size < length:
        line = "    " * rng.randrange(4) + " ".join(
            rng.choices(_WORDS, cum_weights=_FREQUENCIES, k=rng.randrange(3, 12))
        )
        lines.append(line if rng.random() > 0.1 else f"{line} {rng.getrandbits(24):x}")
        size += len(line)
    return "\n".join(lines).encode()[:length]


def _code(rng: random.Random, length: int) -> bytes:
    """Make bytes that compress, and expand, about as machine code does."""
    patterns = [rng.randbytes(rng.randrange(2, 24)) for _ in range(5000)]
    weights = list(accumulate(1 / (index + 1) for index in range(len(patterns))))
    skewed = [min(255, int(rng.expovariate(1 / 40))).to_bytes(1) for _ in range(512)]
    parts: list[bytes] = []
    size = 0
    while size < length:
        block = b"".join(
            pattern + (rng.choice(skewed) if rng.random() > 0.6 else b"")
            for pattern in rng.choices(patterns, cum_weights=weights, k=400)
        )
        parts.append(block)
        size += len(block)
    return b"".join(parts)[:length]
