"""Everything between a signing profile and a deployed function, on a real database, real files and one authority."""

from __future__ import annotations

import hashlib
import io
import tempfile
import uuid
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sealgate.package.files import BytesSource
from sealgate.package.seal import encode_seal
from sealgate.services.functions.code_sources import ZipUpload
from sealgate.services.functions.configs import ConfigService
from sealgate.services.functions.service import CodeChange, FunctionService, NewFunction
from sealgate.services.functions.settings import SettingsChange
from sealgate.services.functions.states import FunctionState
from sealgate.services.layers.service import LayerService, NewLayerVersion
from sealgate.services.objects.service import ObjectService
from sealgate.services.signing.profiles import ProfileService
from sealgate.services.signing.revocation import RevocationService
from sealgate.store.blobs_file import FileBlobs, FileStaging
from sealgate.store.decisions import DecisionRecord, decisions
from sealgate.store.functions import Function
from sealgate.store.jobs import Job, jobs
from sealgate.store.layers import LayerVersion
from sealgate.store.objects import Attributes
from sealgate.store.profiles import Profile
from sealgate.trust.authority import Authority
from sealgate.trust.keys import MemoryKeyStore
from sealgate.trust.roots import TrustRoot, TrustRoots, authority_root
from sealgate.trust.sign import SignatureClaims, sign_package
from tests.support.database import make_database
from tests.support.functions import ROLE
from tests.support.objects import StagedUpload
from tests.support.signer import NOW, SCOPE, MovableClock, a_job, new_profile

__all__ = ["NOW", "SCOPE", "DeploymentHouse", "Signed", "zip_of"]


def zip_of(files: Mapping[str, bytes] | None = None, *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Make a plain archive; each file is of 1980."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, body in (files or {"app.py": b"def handler(event, context):\n    return event\n"}).items():
            archive.writestr(zipfile.ZipInfo(name), body, compress_type=method)
    return target.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A signed package, and the job that signed it."""

    data: bytes
    job: Job


class EventfulClock(MovableClock):
    """A clock by which something happens: what a test plans is done when the clock is next read.

    An update of code reads it first when it begins to verify the package, outside every transaction.
    """

    def __init__(self) -> None:
        super().__init__()
        self._plan: Callable[[], object] | None = None

    def when_next_read(self, plan: Callable[[], object]) -> None:
        self._plan = plan

    def __call__(self) -> datetime:
        plan, self._plan = self._plan, None
        if plan is not None:
            plan()
        return super().__call__()


class EventfulBlobs(FileBlobs):
    """Files in which something happens: what a test plans is done when the next one is begun.

    A package that is to be let in is written after it was judged, and before the transaction that stores the function.
    """

    _plan: Callable[[], object] | None = None

    def when_next_written(self, plan: Callable[[], object]) -> None:
        self._plan = plan

    def stage(self) -> FileStaging:
        plan, self._plan = self._plan, None
        if plan is not None:
            plan()
        return super().stage()


class DeploymentHouse:
    """The services about signing and deploying, with a clock that a test moves.

    Attributes:
        profile: An active profile, `app`.
    """

    def __init__(self, folder: Path, *, imported: tuple[TrustRoot, ...] = ()) -> None:
        self.clock = EventfulClock()
        self.db = make_database(folder)
        self.blobs = EventfulBlobs(folder / "blobs")
        self.authority = Authority.open(folder / "authority", MemoryKeyStore(), self.clock)
        self.roots = TrustRoots(roots=(authority_root(self.authority.root_certificate), *imported))
        self.objects = ObjectService(db=self.db, blobs=self.blobs, clock=self.clock)
        self.profiles = ProfileService(db=self.db, clock=self.clock)
        self.revocation = RevocationService(db=self.db, clock=self.clock, strict_aws=False)
        self.configs = ConfigService(db=self.db, clock=self.clock)
        self.functions = FunctionService(
            db=self.db,
            blobs=self.blobs,
            objects=self.objects,
            revocation=self.revocation,
            roots=self.roots,
            clock=self.clock,
        )
        self.layers = LayerService(
            db=self.db,
            blobs=self.blobs,
            objects=self.objects,
            revocation=self.revocation,
            roots=self.roots,
            clock=self.clock,
        )
        self.profile: Profile = self.profiles.put(SCOPE, new_profile("app"))

    def close(self) -> None:
        self.db.close()

    def sign(self, package: bytes | None = None, *, is_recorded: bool = True, **claimed: Any) -> Signed:
        """Sign a package under the profile; `is_recorded=False` is what a thief of the leaf's key could do."""
        signing_time = self.clock().replace(microsecond=0)
        job_id = str(uuid.uuid4())
        job = a_job(
            **{
                "job_id": job_id,
                "client_request_token": job_id,
                "profile_version": self.profile.version,
                "profile_version_arn": self.profile.version_arn,
                "signing_time": signing_time,
                "expires_at": signing_time + timedelta(days=1),
            }
            | claimed
        )
        data, seal = _sign(package or zip_of(), self.authority, job)
        job = a_job(**{name: getattr(job, name) for name in _CLAIMS}, seal=seal.hex())
        if is_recorded:
            with self.db.write() as tx:
                jobs.insert(tx, job)
        return Signed(data=data, job=job)

    def make_config(self, policy: str = "Enforce", *publishers: str) -> str:
        """Make a code signing config that allows the profile, or others; answer its ARN."""
        allowed = publishers or (self.profile.version_arn,)
        return self.configs.create(SCOPE, publishers=allowed, policy=policy, description=None, tags={}).arn

    def create(self, data: bytes | None = None, *, name: str = "app", **changes: Any) -> FunctionState:
        """Create a function."""
        settings = SettingsChange(role=ROLE, runtime="python3.13", handler="app.handler")
        members: dict[str, Any] = {
            "name": name,
            "settings": settings,
            "source": ZipUpload(data=zip_of() if data is None else data),
            "config_arn": None,
            "tags": {},
        }
        return self.functions.create(SCOPE, NewFunction(**(members | changes)))

    def update(self, data: bytes, *, name: str = "app", **changes: Any) -> FunctionState:
        """Replace a function's code."""
        return self.functions.update_code(SCOPE, name, CodeChange(source=ZipUpload(data=data), **changes))

    def publish(self, data: bytes | None = None, *, name: str = "library") -> LayerVersion:
        """Publish a layer version."""
        source = ZipUpload(data=zip_of({"python/library.py": b"answer = 42\n"}) if data is None else data)
        return self.layers.publish(SCOPE, NewLayerVersion(name=name, source=source))

    def put_object(self, bucket: str, key: str, data: bytes) -> str | None:
        """Store an object; answer its version."""
        staging = self.blobs.stage()
        staging.write(data)
        upload = StagedUpload(
            staging=staging,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            md5=hashlib.md5(data, usedforsecurity=False).hexdigest(),
        )
        return self.objects.put(SCOPE, bucket, key, upload, attributes=Attributes(), tags={}).version_id

    def get(self, name: str = "app") -> Function:
        """Read a function."""
        return self.functions.get(SCOPE, name).function

    def decisions(self) -> list[DecisionRecord]:
        """Answer what was decided so far, in order."""
        with self.db.read() as tx:
            return decisions.select(tx, order_by=(decisions.table.c.decided_at,))


_CLAIMS = (
    "account",
    "region",
    "job_id",
    "client_request_token",
    "profile_version",
    "profile_version_arn",
    "signing_time",
    "expires_at",
)


def _sign(package: bytes, authority: Authority, job: Job) -> tuple[bytes, bytes]:
    assert job.signing_time is not None
    assert job.expires_at is not None
    claims = SignatureClaims(
        signing_time=job.signing_time,
        expires_at=job.expires_at,
        job_arn=job.arn,
        profile_version_arn=job.profile_version_arn,
    )
    with tempfile.TemporaryFile() as target:
        signed = sign_package(
            BytesSource(package),
            identity=authority.leaf_for(job.profile_version_arn),
            claims=claims,
            target_fd=target.fileno(),
        )
        target.seek(0)
        return target.read(), encode_seal(signed.seal)
