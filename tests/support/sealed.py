"""Packages that a real authority signed, in memory."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sealgate.clock import Clock
from sealgate.package.source import BytesSource
from sealgate.trust.assessment import Assessment
from sealgate.trust.authority import Authority
from sealgate.trust.keys import MemoryKeyStore
from sealgate.trust.roots import TrustRoots, authority_root
from sealgate.trust.sign import SignatureClaims, SignedPackage, sign_package
from sealgate.trust.verify import verify_package
from tests.support.authority import ARN, JOB_ARN, NOW, FixedClock

EXPIRY = NOW + timedelta(days=100)


def new_authority(clock: Clock | None = None) -> Authority:
    """An authority whose folder is gone at once: all that it needs is in memory."""
    with TemporaryDirectory() as folder:
        return Authority.open(Path(folder), MemoryKeyStore(), clock or FixedClock())


@cache
def shared_authority() -> Authority:
    """One authority for all tests that do not change it."""
    return new_authority()


def roots_of(authority: Authority) -> TrustRoots:
    return TrustRoots(roots=(authority_root(authority.root_certificate),))


def claims(**change: object) -> SignatureClaims:
    values = {"signing_time": NOW, "expires_at": EXPIRY, "job_arn": JOB_ARN, "profile_version_arn": ARN}
    return SignatureClaims(**(values | change))  # type: ignore[arg-type]  # a test may change any of them


def sign_bytes(package: bytes, authority: Authority | None = None, **change: object) -> tuple[bytes, SignedPackage]:
    """Sign a package; answer the signed file and what was said of it."""
    said = claims(**change)
    identity = (authority or shared_authority()).leaf_for(said.profile_version_arn)
    descriptor = os.memfd_create("signed")
    try:
        signed = sign_package(BytesSource(package), identity=identity, claims=said, target_fd=descriptor)
        return os.pread(descriptor, signed.size, 0), signed
    finally:
        os.close(descriptor)


def zip_of(files: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """An ordinary archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, body in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 24, 12, 0, 0)), body, method)
    return buffer.getvalue()


def verify_bytes(package: bytes, roots: TrustRoots | None = None, at: datetime = NOW) -> Assessment:
    """Verify a package, trusting the shared authority."""
    return verify_package(BytesSource(package), roots=roots or roots_of(shared_authority()), at=at)
