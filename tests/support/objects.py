"""An object store on a real database and real files, with a clock that a test can move."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sealgate.services.objects.checksums import new_hasher
from sealgate.services.objects.service import ObjectService, VersionView
from sealgate.services.scope import Scope
from sealgate.store.blobs import Staging
from sealgate.store.blobs_file import FileBlobs
from sealgate.store.database import Database
from sealgate.store.objects import Attributes
from tests.support.database import make_database

NOW = datetime(2026, 11, 24, 9, 30, 15, 250_000, tzinfo=UTC)
SCOPE = Scope(account="111122223333", region="us-east-1", caller_arn="arn:aws:iam::111122223333:root")
OTHER_REGION = Scope(account="111122223333", region="eu-west-1", caller_arn="arn:aws:iam::111122223333:root")
OTHER_ACCOUNT = Scope(account="999999999999", region="us-east-1", caller_arn="arn:aws:iam::999999999999:root")
BUCKET = "packages"


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedUpload:
    """A received body, as the wire hands it over."""

    staging: Staging
    size: int
    sha256: str
    md5: str
    checksums: Mapping[str, str] = field(default_factory=dict)


class ObjectHouse:
    """The object service and what it stands on.

    Attributes:
        now: What the clock says; a test moves it.
    """

    def __init__(self, folder: Path) -> None:
        self.now = NOW
        self.db: Database = make_database(folder)
        self.blobs = FileBlobs(folder / "blobs")
        self.objects = ObjectService(db=self.db, blobs=self.blobs, clock=lambda: self.now)

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def make_bucket(self, name: str = BUCKET, *, versioned: bool = False) -> None:
        self.objects.buckets.create(SCOPE, name, location=None)
        if versioned:
            self.objects.buckets.set_versioning(SCOPE, name, "Enabled")

    def stage(self, data: bytes, *algorithms: str) -> StagedUpload:
        staging = self.blobs.stage()
        staging.write(data)
        return StagedUpload(
            staging=staging,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            md5=hashlib.md5(data, usedforsecurity=False).hexdigest(),
            checksums={name: checksum(name, data) for name in algorithms},
        )

    def put(self, key: str, data: bytes = b"content", **options: Any) -> VersionView:
        options = {"attributes": Attributes(), "tags": {}, **options}
        return self.objects.put(SCOPE, BUCKET, key, self.stage(data), **options)

    def close(self) -> None:
        self.db.close()


def checksum(algorithm: str, data: bytes) -> str:
    """Compute a checksum in base64."""
    hasher = new_hasher(algorithm)
    hasher.update(data)
    return base64.b64encode(hasher.digest()).decode()
