"""A clock that tests move; scopes, profiles, jobs and signatures with plain values."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sealgate.arn import profile_version_arn
from sealgate.package.seal import ArchiveSeal, encode_seal, parse_seal
from sealgate.services.scope import Scope
from sealgate.services.signing.platforms import LAMBDA_PLATFORM
from sealgate.services.signing.profiles import NewProfile
from sealgate.store.jobs import Job
from sealgate.trust.assessment import Signature
from sealgate.values import replace

NOW = datetime(2026, 11, 24, 9, 25, 49, 569123, tzinfo=UTC)
SCOPE = Scope(account="111122223333", region="eu-west-1", caller_arn="arn:aws:iam::111122223333:root")


class MovableClock:
    """Answers the same moment until a test moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        """Let time pass (`hours=1`)."""
        self.now += timedelta(**duration)


def new_profile(name: str = "app", **changes: Any) -> NewProfile:
    """Ask for a profile of the Lambda platform, with some members changed."""
    members: dict[str, Any] = {"name": name, "platform_id": LAMBDA_PLATFORM}
    return NewProfile(**(members | changes))


def a_job(**changes: Any) -> Job:
    """Make the row of a job that has succeeded, with some fields changed."""
    return replace(_JOB, **changes)


def a_signature(job: Job, **changes: Any) -> Signature:
    """Make what a verifier finds in the package that a job has signed, with some fields changed."""
    assert job.signing_time is not None
    assert job.expires_at is not None
    assert job.seal is not None
    signature = Signature(
        job_arn=job.arn,
        profile_version_arn=job.profile_version_arn,
        signing_time=job.signing_time,
        expires_at=job.expires_at,
        sealed=True,
        seal=parse_seal(bytes.fromhex(job.seal)),
        content_digest=None,
        message_digest=bytes(48),
        chain=(),
        root_name="Sealgate authority",
        root_kind="authority",
        certificate_hashes=(),
    )
    return replace(signature, **changes)


SEAL = ArchiveSeal(entries=3, contents_length=300, contents_root=bytes(48), directory_root=bytes(48))
_JOB = Job(
    account=SCOPE.account,
    region=SCOPE.region,
    job_id="11111111-1111-4111-8111-111111111111",
    client_request_token="token",
    source_bucket="packages",
    source_key="app.zip",
    source_version="v1",
    source_sha256="00" * 32,
    destination_bucket="packages",
    destination_prefix="signed/",
    profile_name="app",
    profile_version="AAAAAAAAAA",
    profile_version_arn=profile_version_arn(SCOPE.region, SCOPE.account, "app", "AAAAAAAAAA"),
    platform_id=LAMBDA_PLATFORM,
    invoker_account=SCOPE.account,
    requested_by=SCOPE.caller_arn,
    created_at=NOW,
    status="Succeeded",
    status_reason="Signing Succeeded",
    completed_at=NOW,
    signing_time=NOW.replace(microsecond=0),
    expires_at=NOW.replace(microsecond=0) + timedelta(days=1),
    seal=encode_seal(SEAL).hex(),
    signed_key="signed/11111111-1111-4111-8111-111111111111.zip",
    signed_version="v2",
    signed_sha256="11" * 32,
)
