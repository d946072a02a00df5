"""From the verified bytes of a stored package to files, and the list of what they are.

The steps, in order; each is repeated at its code:

 1. The end of the file is held, and verified as far as it can be without the contents (`sealgate.runtime.proofs`).
 2. The archive is parsed there: unambiguous, within the limits, nothing leaves the package.
 3. The contents are read once; what is hashed is what is expanded and written.
 4. The hashes are those that the package is named by, and that its signature wants.

What is written is what any careful reader would write, the signature's entry too: it is a part of the archive, and code
may want to look at it. A file is a program (mode 0755) if its owner may execute it, and else has mode 0644; directories
have 0755, and nothing has a setuid, setgid or sticky bit. All files were last modified at one constant time, since a
time chosen by somebody else can choose which bytecode runs.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sealgate.errors import PackageError
from sealgate.package.directory import Entry
from sealgate.package.inflate import Bytes, expand_pieces, expand_whole, fits_whole
from sealgate.package.layout import SIGNATURE_NAME
from sealgate.package.links import check_link
from sealgate.package.names import split_name
from sealgate.package.source import Source
from sealgate.runtime.proofs import ContentsProof, begin_proof
from sealgate.runtime.reading import SingleReading, hold
from sealgate.runtime.stored import StoredPackage, verify_name
from sealgate.runtime.tree import FILE_MODE, PROGRAM_MODE
from sealgate.runtime.writing import TreeWriter
from sealgate.trust.assessment import Signature
from sealgate.trust.contents import Item, Proof
from sealgate.trust.roots import TrustRoots


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpackedPackage:
    """What was unpacked.

    Attributes:
        items: Each directory, file and link, in no order.
        proof: How the bytes were proved to be the package's.
        signature: The package's, where one was recorded.
    """

    items: list[Item]
    proof: Proof
    signature: Signature | None


def unpack_package(
    source: Source, folder: Path, *, package: StoredPackage, roots: TrustRoots, at: datetime
) -> UnpackedPackage:
    """Unpack a stored package into an empty folder.

    The folder must be discarded if this raises: it is written to while the package is verified.

    Args:
        source: The stored bytes.
        folder: An empty folder that nobody else writes to.
        package: What was recorded of the package.
        roots: Whose signatures count.
        at: The present.

    Raises:
        IntegrityError: It is not the package that was recorded, or altered, or its signature is none any more.
        PackageError: It cannot be unpacked; the error names rule and entry.
        OSError: The files cannot be written.
    """
    held = hold(source)
    proof = begin_proof(held, package, roots=roots, at=at)  # steps 1 and 2
    with SingleReading(held) as reading, TreeWriter(folder) as writer:
        for entry in proof.archive.entries:  # step 3
            pieces = _expand(entry, reading.data(entry))
            _write(writer, entry, pieces if entry.name == SIGNATURE_NAME else _noted(proof, entry, pieces))
        sha256, contents_root = reading.finish()
    verify_name(package, sha256)  # step 4
    signature = proof.conclude(contents_root)
    return UnpackedPackage(items=writer.items, proof=proof.kind, signature=signature)


def _expand(entry: Entry, data: Iterable[Bytes]) -> Iterable[Bytes]:
    return (expand_whole(entry, tuple(data)),) if fits_whole(entry) else expand_pieces(entry, data)


def _noted(proof: ContentsProof, entry: Entry, pieces: Iterable[Bytes]) -> Iterable[Bytes]:
    proof.note(entry.name)
    for piece in pieces:
        proof.note(piece)
        yield piece


def _write(writer: TreeWriter, entry: Entry, pieces: Iterable[Bytes]) -> None:
    path = b"/".join(split_name(entry.name))
    if entry.is_directory:
        b"".join(pieces)  # which are none; but AWS's digest covers the name
        writer.add_directory(path)
    elif entry.is_symlink:
        writer.add_link(path, _checked_target(entry, b"".join(pieces)))
    else:
        is_program = entry.mode is not None and entry.mode & stat.S_IXUSR
        writer.add_file(path, pieces, mode=PROGRAM_MODE if is_program else FILE_MODE)


def _checked_target(entry: Entry, target: bytes) -> bytes:
    """Check a link's target as the parser did, on the bytes that are hashed."""
    try:
        check_link(entry.name, target)
    except PackageError as error:
        raise entry.refusal(error.rule) from None
    return target
