"""A code store of its own folder, and packages of every kind to put into it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

from sealgate.errors import NotFound
from sealgate.package.layout import SIGNATURE_NAME
from sealgate.package.source import FileSource
from sealgate.runtime.code import CodeStore
from sealgate.runtime.code_folder import CodeEntry, CodeFolder
from sealgate.runtime.stored import StoredPackage
from sealgate.trust.authority import Authority
from sealgate.trust.roots import TrustRoots
from tests.support.authority import ARN, JOB_ARN, FixedClock, aws_recipe, aws_root, trust
from tests.support.sealed import roots_of, shared_authority, sign_bytes
from tests.support.zips import DEFLATED, Member, folder, link, write_zip

MEMBERS = (
    Member(b"app.py", b"def handler(event, context):\n    return event\n", DEFLATED),
    Member(b"bootstrap", b"#!/bin/sh\nexec true\n", mode=0o100755),
    Member(b"lib/data.bin", bytes(range(256)) * 1024, DEFLATED),
    Member("lib/é/leaf.txt".encode(), b"leaf"),
    folder(b"lib/empty/"),
    link(b"lib/current", b"../app.py"),
)
"""A package with a large file, a program, a link, directories that are listed and ones that are implied."""

FILES = ("META_INF/aws_signer_signature_v1.0.SF", "app.py", "bootstrap", "lib/data.bin", "lib/é/leaf.txt")


class CodeWorld:
    """A code store, the blobs that it reads, and the clock."""

    def __init__(self, path: Path, authority: Authority | None = None) -> None:
        self.path = path
        self.blobs = path / "blobs"
        self.blobs.mkdir()
        self.clock = FixedClock()
        self.authority = authority or shared_authority()
        self.revoked: set[str] = set()
        self.opened: list[str] = []
        self.store = self.open()

    def open(self, *, roots: TrustRoots | None = None) -> CodeStore:
        """Another store of the same folder, as another server would have it."""
        return CodeStore(
            self.path / "code",
            open_blob=self.open_blob,
            authority=self.authority,
            roots=roots or TrustRoots(roots=(*roots_of(self.authority).roots, *trust(aws_root()).roots)),
            clock=self.clock,
            revoked_issuers=lambda: self.revoked,
        )

    def open_blob(self, sha256: str) -> FileSource:
        self.opened.append(sha256)
        try:
            return FileSource(self.blobs / sha256)
        except FileNotFoundError as error:
            raise NotFound("no such blob") from error

    def put(self, package: bytes, *, job_arn: str | None = None) -> StoredPackage:
        """Store a package; with a job, as one whose signature was verified."""
        sha256 = hashlib.sha256(package).hexdigest()
        (self.blobs / sha256).write_bytes(package)
        profile = None if job_arn is None else ARN
        return StoredPackage(sha256=sha256, job_arn=job_arn, profile_version_arn=profile)

    def put_sealed(self, members: Iterable[Member] = MEMBERS) -> StoredPackage:
        return self.put(_seal(write_zip(members), self.authority), job_arn=JOB_ARN)

    def put_in_aws_format(self, members: Iterable[Member]) -> StoredPackage:
        return self.put(sign_as_aws(members), job_arn=JOB_ARN)

    def start(self, package: StoredPackage) -> Path:
        """Do what a cold start does."""
        files = self.store.prepare(package)
        self.store.check(package)
        return files

    def entry(self, package: StoredPackage) -> CodeEntry:
        return CodeFolder(self.path / "code").entry(package.sha256)

    @property
    def staged(self) -> list[Path]:
        return list((self.path / "code" / "staging").iterdir())


@cache
def _seal(package: bytes, authority: Authority) -> bytes:
    return sign_bytes(package, authority)[0]


def sign_as_aws(members: Iterable[Member]) -> bytes:
    """Sign a package in AWS's bare format, under the foreign authority."""
    members = [*members, folder(b"META_INF/")]
    digest = hashlib.sha384(b"".join(member.name + member.body for member in members)).digest()
    block = aws_recipe(content_digest=digest).build()
    return write_zip([*members, Member(SIGNATURE_NAME, block, DEFLATED)])


def without_links(members: Iterable[Member]) -> list[Member]:
    """The members that AWS's bare format can carry."""
    return [replace(member, mode=None) for member in members if member.mode != link(b"", b"").mode]
