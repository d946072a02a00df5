"""Everything that signing needs on a real database and real files: profiles, objects, an authority, a worker."""

import hashlib
import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from sealgate.package.source import BytesSource
from sealgate.services.objects.service import ObjectName, ObjectService
from sealgate.services.signing.profiles import ProfileService
from sealgate.services.signing.revocation import RevocationService
from sealgate.services.signing.run import JobRunner
from sealgate.services.signing.service import NewJob, SigningService
from sealgate.services.signing.worker import SigningWorker
from sealgate.store.blobs_file import FileBlobs
from sealgate.store.jobs import Job
from sealgate.store.objects import Attributes, ObjectVersion
from sealgate.trust.assessment import Signature
from sealgate.trust.authority import Authority
from sealgate.trust.keys import MemoryKeyStore
from sealgate.trust.roots import TrustRoots, authority_root
from sealgate.trust.verify import verify_package
from tests.support.database import make_database
from tests.support.objects import StagedUpload
from tests.support.signer import SCOPE, MovableClock, new_profile

BUCKET = "packages"
DESTINATION = "signed-packages"


def make_package(*names: str, body: bytes = b"def handler(event, context): ...\n") -> bytes:
    """Make a small ZIP archive with these entries."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names or ("handler.py",):
            archive.writestr(zipfile.ZipInfo(name), b"" if name.endswith("/") else body)
    return file.getvalue()


class SigningHouse:
    """A profile `app`, a versioned bucket and another one, and the services about them. The worker has not started."""

    def __init__(self, folder: Path) -> None:
        self.clock = MovableClock()
        self.db = make_database(folder)
        self.blobs = FileBlobs(folder / "blobs")
        self.objects = ObjectService(db=self.db, blobs=self.blobs, clock=self.clock)
        self.keys = MemoryKeyStore()
        self.authority = Authority.open(folder / "authority", self.keys, self.clock)
        self.roots = TrustRoots(roots=(authority_root(self.authority.root_certificate),))
        self.profiles = ProfileService(db=self.db, clock=self.clock)
        self.revocation = RevocationService(db=self.db, clock=self.clock, strict_aws=False)
        self.worker = self.make_worker()
        self.signing = SigningService(
            db=self.db,
            objects=self.objects,
            clock=self.clock,
            wake=self.worker.wake,
            await_end=self.worker.await_end,
        )
        self.make_bucket(BUCKET, versioned=True)
        self.make_bucket(DESTINATION)
        self.profile = self.profiles.put(SCOPE, new_profile("app"))

    def make_worker(self, **options: Any) -> SigningWorker:
        return SigningWorker(
            db=self.db,
            objects=self.objects,
            blobs=self.blobs,
            authority=self.authority,
            roots=self.roots,
            clock=self.clock,
            **options,
        )

    def make_runner(self) -> JobRunner:
        return JobRunner(
            db=self.db,
            objects=self.objects,
            blobs=self.blobs,
            authority=self.authority,
            roots=self.roots,
            clock=self.clock,
        )

    def make_bucket(self, name: str, *, versioned: bool = False) -> None:
        self.objects.buckets.create(SCOPE, name, location=SCOPE.region)
        if versioned:
            self.objects.buckets.set_versioning(SCOPE, name, "Enabled")

    def put(self, key: str, data: bytes, *, bucket: str = BUCKET) -> str:
        """Put an object; answer the version's id."""
        staging = self.blobs.stage()
        staging.write(data)
        upload = StagedUpload(
            staging=staging,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            md5=hashlib.md5(data, usedforsecurity=False).hexdigest(),
        )
        written = self.objects.put(SCOPE, bucket, key, upload, attributes=Attributes(), tags={})
        return written.version.version_id

    def ask(self, version_id: str | None = None, **changes: Any) -> NewJob:
        """Make a request for the package `app.zip`, with some members changed."""
        members: dict[str, Any] = {
            "profile_name": "app",
            "source_bucket": BUCKET,
            "source_key": "app.zip",
            "source_version": version_id or self.put("app.zip", make_package()),
            "destination_bucket": DESTINATION,
            "destination_prefix": "out/",
            "client_request_token": "token",
        }
        return NewJob(**(members | changes))

    def sign(self, data: bytes | None = None, **changes: Any) -> Job:
        """Start a job for a package, run it, and answer how it ended."""
        version_id = self.put("app.zip", make_package() if data is None else data)
        started = self.signing.start(SCOPE, self.ask(version_id, **changes))
        assert self.worker.run_one()
        return self.signing.get(SCOPE, started.job_id)

    def signed_object(self, job: Job) -> ObjectVersion:
        assert job.signed_key is not None
        return self.objects.select(SCOPE, ObjectName(bucket=job.destination_bucket, key=job.signed_key)).version

    def signed_bytes(self, job: Job) -> bytes:
        return self.objects.path(self.signed_object(job)).read_bytes()

    def verify(self, data: bytes, *, later: timedelta = timedelta(0)) -> Signature:
        signature = verify_package(BytesSource(data), roots=self.roots, at=self.clock() + later).signature
        assert signature is not None
        return signature

    def close(self) -> None:
        self.db.close()
