"""Signing canonical packages, each once: what a bucket has of the same contents and profile version is taken again.

Signed packages lie under a key that says what they are: `signed/IDENTITY/PROFILE-VERSION/JOB.zip`. What is found there
is only a claim. A package is taken, again or newly signed, if its signature verifies under the trusted roots and is of
this profile version, and its contents are those of the plan; taken again only if the signature has long enough to live,
and Signer still knows its job and has not revoked it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from sealgate.clock import Clock
from sealgate.errors import Conflict, IntegrityError, PackageError, SealgateError
from sealgate.package.archive import DEPLOYABLE, parse_archive
from sealgate.package.canonical import PackagePlan, find_identity, write_package
from sealgate.package.files import FileSource
from sealgate.packaging.bucket import Bucket, Service
from sealgate.packaging.places import StoredCode
from sealgate.trust.assessment import Signature
from sealgate.trust.roots import TrustRoots
from sealgate.trust.verify import verify_package

RENEW_BEFORE = timedelta(days=30)
"""A signature that is good for less is not taken again, unless something else is asked for."""

_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0
_PATIENCE = 600.0
"""Seconds. Jobs take some; a service that takes ten minutes has stopped."""


class Outcome(StrEnum):
    """Where a signature came from."""

    SIGNED = "signed"
    REUSED = "reused"
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCode:
    """A signed package that was verified.

    Attributes:
        file: Its bytes, on this machine.
        stored: Where they are in S3.
        identity: The canonical archive's.
        signature: What its signature says.
        outcome: Whether it was signed now.
    """

    file: Path
    stored: StoredCode
    identity: str
    signature: Signature
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """What a signature has to be to be taken.

    Attributes:
        roots: Whom it has to lead to.
        profile_version_arn: Who has to have signed.
        renew_before: How long it has to be good for, to be taken again.
        clock: The present.
    """

    roots: TrustRoots
    profile_version_arn: str
    renew_before: timedelta
    clock: Clock

    def verify(self, file: Path) -> tuple[Signature, str | None]:
        """Answer a signed file's signature, and the identity of the canonical archive that it was made of.

        Raises:
            IntegrityError: It is unsigned, altered, or of another signer.
            PackageError: It is no plain archive, or not as its manifest says.
        """
        with FileSource(file) as source:
            signature = verify_package(source, roots=self.roots, at=self.clock()).signature
            if signature is None:
                raise IntegrityError("it carries no signature", reason="SignatureMissing")
            if signature.profile_version_arn != self.profile_version_arn:
                raise IntegrityError(
                    f"it was signed by {signature.profile_version_arn}, not {self.profile_version_arn}",
                    reason="WrongProfileVersion",
                )
            return signature, find_identity(parse_archive(source, rules=DEPLOYABLE))

    def is_lasting(self, expires_at: datetime) -> bool:
        """Whether a signature is good for long enough to be taken again."""
        return expires_at - self.clock() > self.renew_before


def ask_profile(service: Service, name: str, owner: str | None) -> str:
    """Ask for the present version of a signing profile, and answer its ARN.

    Raises:
        Conflict: The profile may not sign any more.
        SealgateError: Signer has refused to answer.
    """
    answer = service.call("get_signing_profile", profileName=name, **_owner(owner))
    if answer.get("status") != "Active":
        raise Conflict(f"signing profile {name} is {answer.get('status')}: nothing can be signed with it")
    return str(answer["profileVersionArn"])


def _owner(owner: str | None) -> Mapping[str, str]:
    return {} if owner is None else {"profileOwner": owner}


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageSigner:
    """Signs packages with one profile.

    Attributes:
        service: Signer.
        bucket: Where packages are put, and found again.
        profile: The profile's name.
        owner: The account that it is of, where that is another.
        demands: What signatures have to be.
        folder: Where files are written to.
        sleep: Waits that many seconds.
    """

    service: Service
    bucket: Bucket
    profile: str
    owner: str | None
    demands: Demands
    folder: Path
    sleep: Callable[[float], None] = time.sleep

    def sign(self, plans: Iterable[PackagePlan]) -> Mapping[str, SignedCode]:
        """Have each package signed, all at the same time, and answer them by their identity.

        Raises:
            Conflict: A signing job has failed.
            IntegrityError: What it made is not what was asked for.
            SealgateError: A service has refused something.
        """
        signed: dict[str, SignedCode] = {}
        jobs: dict[str, str] = {}
        for plan in {plan.identity: plan for plan in plans}.values():
            found = self._find(plan.identity)
            if found is None:
                jobs[plan.identity] = self._start(plan)
            else:
                signed[plan.identity] = found
        return signed | {identity: self._finish(identity, job) for identity, job in jobs.items()}

    def _place(self, identity: str) -> str:
        """Answer what the keys of a package that this profile version signed begin with."""
        name, version = self.demands.profile_version_arn.split("/")[-2:]
        return f"signed/{identity}/{name}-{version}/"

    def _find(self, identity: str) -> SignedCode | None:
        for key in self.bucket.find_keys(self._place(identity)):
            found = self._take_again(identity, key)
            if found is not None:
                return found
        return None

    def _take_again(self, identity: str, key: str) -> SignedCode | None:
        file = self.folder / f"{identity}.zip"
        stored = self.bucket.fetch(key, file)
        try:
            signature, found = self.demands.verify(file)
        except (IntegrityError, PackageError):  # whoever may write there has put something else
            return None
        is_good = found == identity and self.demands.is_lasting(signature.expires_at) and self._is_vouched(signature)
        if not is_good:
            return None
        return SignedCode(file=file, stored=stored, identity=identity, signature=signature, outcome=Outcome.REUSED)

    def _is_vouched(self, signature: Signature) -> bool:
        """Ask Signer whether the job that made a signature is known and not revoked."""
        try:
            job = self._describe(signature.job_arn.rsplit("/", 1)[-1])
        except SealgateError as error:
            if error.reason == "ResourceNotFoundException":
                return False
            raise
        return job.get("status") == "Succeeded" and "revocationRecord" not in job

    def _start(self, plan: PackagePlan) -> str:
        file = self.folder / f"{plan.identity}.zip"
        with file.open("wb", buffering=0) as target:
            write_package(plan, target.fileno())
        source = self.bucket.put_package(file, f"{plan.identity}.zip")
        answer = self.service.call(
            "start_signing_job",
            source={"s3": {"bucketName": source.bucket, "key": source.key, "version": source.version}},
            destination={
                "s3": {"bucketName": self.bucket.name, "prefix": self.bucket.prefix + self._place(plan.identity)}
            },
            profileName=self.profile,
            clientRequestToken=str(uuid.uuid4()),
            **_owner(self.owner),
        )
        return str(answer["jobId"])

    def _finish(self, identity: str, job_id: str) -> SignedCode:
        job = self._await(job_id)
        if job["status"] != "Succeeded":
            raise Conflict(f"signing job {job_id} has failed: {job.get('statusReason', 'no reason is given')}")
        file = self.folder / f"{identity}.zip"
        stored = self.bucket.fetch(job["signedObject"]["s3"]["key"], file)
        signature, found = self.demands.verify(file)
        if found != identity:
            raise IntegrityError(f"signing job {job_id} has signed something else than {identity}.zip")
        return SignedCode(file=file, stored=stored, identity=identity, signature=signature, outcome=Outcome.SIGNED)

    def _await(self, job_id: str) -> Mapping[str, Any]:
        wait, waited = _FIRST_WAIT, 0.0
        while (job := self._describe(job_id))["status"] == "InProgress":
            if waited > _PATIENCE:
                raise Conflict(f"signing job {job_id} is still in progress after {waited:.0f} seconds")
            self.sleep(wait)
            waited += wait
            wait = min(2 * wait, _LONGEST_WAIT)
        return job

    def _describe(self, job_id: str) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self.service.call("describe_signing_job", jobId=job_id)
        return answer
