"""Symbolic links: where one may point to."""

from __future__ import annotations

from sealgate.errors import PackageError
from sealgate.package.names import split_name


def check_link(name: bytes, target: bytes) -> None:
    """Check that a link stays inside its package.

    `..` may only begin a target, and not lead above the package. The folders above a link are real ones (no entry
    lies below a link), so these steps lead where they say; every further step goes down, or through another link for
    which the same holds. A `..` behind a link's name would not.

    Raises:
        PackageError: The target is absolute, leads outside, or is no plain path.
    """
    parts = target.split(b"/")
    climbs = next((index for index, part in enumerate(parts) if part != b".."), len(parts))
    if b".." in parts[climbs:]:
        raise PackageError("the symbolic link's target has '..' after another name")
    if not target or b"\0" in target or b"\\" in target:
        raise PackageError("the symbolic link's target is no path")
    if target.startswith(b"/"):
        raise PackageError("the symbolic link's target is absolute: link to a relative path")
    if climbs >= len(split_name(name)):  # `./` and doubled slashes lead no deeper
        raise PackageError("the symbolic link's target is outside the package")
