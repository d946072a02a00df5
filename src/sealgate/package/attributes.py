"""An entry's kind and mode, from its attributes (APPNOTE 4.4.2, 4.4.15)."""

from __future__ import annotations

import stat

from sealgate.errors import PackageError
from sealgate.package.records import HOST_UNIX
from sealgate.package.rules import Rules

_HOST_DARWIN = 19
UNIX_HOSTS = frozenset({HOST_UNIX, _HOST_DARWIN})
"""Systems whose archives have the Unix mode, type bits included, in the upper half of the attributes."""

_DOS_VOLUME = 0x08
_DOS_DIRECTORY = 0x10
_SPECIAL = stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX


def check_attributes(made_by: int, attributes: int, rules: Rules, *, directory: bool) -> None:
    """Check that an entry is a regular file, a directory or a link, and the same to every reader.

    Args:
        made_by: The field "version made by".
        attributes: The field "external file attributes".
        rules: Whether links and special modes are allowed.
        directory: Whether the name ends with a slash.

    Raises:
        PackageError: It is something else, or name and attributes disagree.
    """
    mode = attributes >> 16
    kind = stat.S_IFMT(mode)
    if attributes & _DOS_VOLUME:
        raise PackageError("the entry is a volume label")
    if mode & _SPECIAL and rules.plain_modes:
        raise PackageError("the entry has a setuid, setgid or sticky mode: remove it (chmod -R a-s,-t)")
    if directory and kind not in (0, stat.S_IFDIR):
        raise PackageError("the name is that of a directory, the mode is not")
    if not directory and (kind == stat.S_IFDIR or attributes & _DOS_DIRECTORY):
        raise PackageError("the mode is that of a directory, the name is not")
    if kind == stat.S_IFLNK:
        _check_link(made_by, rules)
    elif kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise PackageError("the entry is neither a file, nor a directory, nor a link")


def _check_link(made_by: int, rules: Rules) -> None:
    if not rules.links:
        raise PackageError("the entry is a symbolic link, which a signature in AWS's bare format does not cover")
    if made_by >> 8 not in UNIX_HOSTS:
        raise PackageError("the entry is a symbolic link to some readers and a file to others")
