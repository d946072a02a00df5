"""Whether a signed package is cut into entries as its own manifest says (docs/FORMAT.md §10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sealgate.errors import PackageError
from sealgate.package.layout import begins_with_manifest
from sealgate.policy.admission import Finding
from sealgate.trust.assessment import Signature

if TYPE_CHECKING:
    from sealgate.package.source import Source

_CHECK = "manifest"


def check_manifest(source: Source, signature: Signature, *, is_required: bool) -> Finding | None:
    """Check the manifest of a package whose signature is whole; None where it has none and needs none.

    Raises:
        PackageError: The source cannot be read.
    """
    if not begins_with_manifest(source):
        missing = Finding(check=_CHECK, status="failed", detail="the package has none, and one is required")
        return missing if is_required else None
    try:
        if signature.sealed:  # in AWS's format it is part of verifying, under that format's own rules
            _verify(source)
    except PackageError as error:
        return Finding(check=_CHECK, status="failed", detail=error.message)
    return Finding(check=_CHECK, status="passed", detail="names, modes and contents are those that the manifest lists")


def _verify(source: Source) -> None:
    # Loaded here, since most packages have none, and a sealed one needs no parser otherwise.
    from sealgate.package.archive import DEPLOYABLE, parse_archive  # noqa: PLC0415
    from sealgate.package.manifest import verify_manifest  # noqa: PLC0415

    verify_manifest(parse_archive(source, rules=DEPLOYABLE))
