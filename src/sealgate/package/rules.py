"""What an archive may contain: the limits, and three sets of rules as data.

The rules that hold for every archive are in `archive`, `directory`, `local` and `extras`; those that differ are here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sealgate.errors import PackageError
from sealgate.package.layout import MAX_SIGNATURE, META_DIRECTORY, SIGNATURE_NAME
from sealgate.package.records import CENTRAL

MAX_ARCHIVE = 250 << 20
"""Bytes of an archive. Signer's Lambda platform: `maxSizeInMB` 250 (GetSigningPlatform)."""

MAX_EXPANDED = 262_144_000
"""Bytes of all entries, expanded. Lambda's quota for a deployment package: 250 MB unzipped, layers included."""

MAX_ENTRIES = 100_000
"""Entries of an archive. Ours: no honest package of 250 MB comes near, and each costs time in every reader."""

MAX_DIRECTORY = 32 << 20
"""Bytes of a central directory, which is held in memory: `MAX_ENTRIES` with 300 bytes each."""

MAX_RATIO = 1032
"""Bytes that one byte of deflate data can expand to: 258 for two bits (RFC 1951, 3.2.5 and 3.2.7)."""

MAX_LINK = 4096
"""Bytes of a symbolic link's target: Linux's PATH_MAX."""

MAX_NAME = 4096
"""Bytes of a name: Linux's PATH_MAX."""

MAX_NAME_PART = 255
"""Bytes between two slashes of a name: Linux's NAME_MAX."""

MAX_DEPTH = 100
"""Parts of a name. Ours: each name is compared with all folders above it, and no honest package nests half as deep."""

MAX_EXTRAS = 32
"""Extra fields of one header. Ours: honest packagers write up to four, and each costs time that a header hides."""

SIGNING_ADDS = 2
"""Entries that signing appends: `META_INF/` and the signature."""

SIGNING_ADDS_RECORDS = 2 * CENTRAL.size + len(META_DIRECTORY) + len(SIGNATURE_NAME)
"""Bytes of their records in the central directory."""


class EmptyPackage(PackageError):
    """The archive has no entries."""


class AlreadySigned(PackageError):
    """The archive that is to be signed carries a signature."""


class PackageTooLarge(PackageError):
    """The archive exceeds a limit of size or count."""


class ExpandsTooFar(PackageTooLarge):
    """The archive's contents exceed Lambda's quota for a package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What differs between the reasons to read an archive.

    Attributes:
        plain_names: Names must mean the same file to every reader and file system: NFC, no control or format
            characters, no `./`, no device names, unique whatever the case; and nothing may look like the signature.
        plain_modes: No setuid, setgid or sticky bit.
        comments: The archive and its entries may carry comments.
        any_extras: Extra fields of unknown kinds may be there.
        links: Symbolic links may be there, if they stay inside the package.
        signature: One signature entry may be there; what may be signed is within every limit when it is signed.
    """

    plain_names: bool
    plain_modes: bool
    comments: bool
    any_extras: bool
    links: bool
    signature: bool

    @property
    def max_archive(self) -> int:
        """Bytes that the file may have."""
        return MAX_ARCHIVE + self.signature * MAX_SIGNATURE

    @property
    def max_entries(self) -> int:
        """How many entries there may be."""
        return MAX_ENTRIES + self.signature * SIGNING_ADDS

    @property
    def max_directory(self) -> int:
        """Bytes that the central directory may have."""
        return MAX_DIRECTORY + self.signature * SIGNING_ADDS_RECORDS

    @property
    def max_paths(self) -> int:
        """How many files and directories the names may imply. Ours: deep names imply many from few bytes."""
        return 2 * self.max_entries


SIGNING = Rules(
    plain_names=True,
    plain_modes=True,
    comments=False,
    any_extras=False,
    links=True,
    signature=False,
)
"""What may be signed under a seal: the strict profile with reliefs for honest packages.

Links are allowed since the seal covers the mode that makes them links.
"""

AWS_FORMAT = Rules(
    plain_names=True,
    plain_modes=True,
    comments=False,
    any_extras=False,
    links=False,
    signature=True,
)
"""What a package in AWS's bare format may be: modes are unsigned there, so nothing may hang on them."""

AWS_FRAMED = replace(AWS_FORMAT, links=True)
"""What a package in AWS's bare format may be if a manifest, which is signed, says its modes."""

DEPLOYABLE = Rules(
    plain_names=False,
    plain_modes=False,
    comments=True,
    any_extras=True,
    links=True,
    signature=True,
)
"""What may be unpacked at all: unambiguous, and nothing leaves the package; naming conventions do not matter."""
