"""From what an operator asks about to the subject that it names, and to what carries it.

A signing job is named by its id or ARN; a profile by its name, its ARN or a version's; a certificate by its subject,
its serial number or its fingerprint, or handed over; a package is handed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from sealgate.arn import canonical_publisher, parse_arn
from sealgate.clock import Clock
from sealgate.errors import IntegrityError, Invalid, NotFound, PackageError
from sealgate.package.signature_entry import read_signature
from sealgate.runtime.stored import StoredPackage
from sealgate.services.fleet.crew import on_all_cores
from sealgate.services.fleet.impact import Deployed, Impact, SubjectUnknown, find_impact, read_deployed
from sealgate.services.fleet.subjects import (
    IssuingCa,
    ProfileVersion,
    SignerCertificate,
    SigningJob,
    Subject,
    UnsignedPackage,
)
from sealgate.services.signing.revocation import find_profile_version, find_signing_job
from sealgate.store.authorities import revoked_issuing_cas
from sealgate.store.blobs import BlobStore
from sealgate.store.database import Database, Tx
from sealgate.store.jobs import list_jobs_of_id
from sealgate.store.profiles import Profile, list_profiles_of_name, profiles
from sealgate.trust.assessment import CertificateFacts
from sealgate.trust.chain import certificate_facts
from sealgate.trust.inspect import inspect_signature
from sealgate.x509.certificates import name_by_content

_JOB_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_JOB = re.compile(r"/signing-jobs/[^/]+")
_PROFILE = re.compile(r"/signing-profiles/([^/]+)")
_PROFILE_VERSION = re.compile(r"/signing-profiles/[^/]+/[^/]+")
_HEX = re.compile(r"[0-9a-f]+")
_MIN_DIGITS = 8
"""Of a fingerprint that is not written out: as `sealgate authority revoke` has it."""

Matches = Callable[[CertificateFacts], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked about.

    Attributes:
        name: A job, a profile or a certificate, as the module says.
        account: Only a job or profile of this one is meant, where a name alone says too little.
        region: Only one there, likewise.
        effective_from: Signatures of a profile, or records about an issuing CA's, count as fallen after this moment;
            None: as it is where the subject is revoked, else all of a profile's, and none of an issuing CA's.
    """

    name: str
    account: str | None = None
    region: str | None = None
    effective_from: datetime | None = None


class ImpactService:
    """Answers an operator.

    Args:
        db: Where is recorded what is deployed, and what is revoked.
        blobs: Where the packages are, whose signatures bring certificates along.
        root: The authority's root.
        authorities: Its issuing CAs, past ones too.
        clock: The time.
    """

    def __init__(
        self,
        *,
        db: Database,
        blobs: BlobStore,
        root: x509.Certificate,
        authorities: Sequence[x509.Certificate],
        clock: Clock,
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._root = root
        self._authorities = authorities
        self._clock = clock

    def of_name(self, question: Question) -> Impact:
        """Answer about what a name names.

        Raises:
            SubjectUnknown: It names nothing that is known here.
            Invalid: It names several things, or none that could ever fall.
        """
        with self._db.read() as tx:
            deployed = read_deployed(tx)
            subject: Subject | None = _find_job(tx, question) or _find_profile(tx, question)
            if subject is None:
                subject = self._find_certificate(tx, _matching(question.name), question, deployed)
            return self._answer(tx, subject, deployed, question.name)

    def of_certificate(self, certificate: x509.Certificate, *, effective_from: datetime | None = None) -> Impact:
        """Answer about a certificate.

        Raises:
            SubjectUnknown: It is no issuing CA's, and no signature of what is deployed brings it along.
            Invalid: It is the root's.
        """
        facts = certificate_facts(certificate)
        question = Question(name=facts.subject, effective_from=effective_from)
        with self._db.read() as tx:
            deployed = read_deployed(tx)
            subject = self._find_certificate(tx, lambda each: each.sha256 == facts.sha256, question, deployed)
            return self._answer(tx, subject, deployed, facts.subject)

    def of_package(self, sha256: str, job_arn: str | None) -> Impact:
        """Answer about a package.

        Args:
            sha256: The whole file: 64 hexadecimal digits.
            job_arn: The job of its signature, where it has one that this server trusts.

        Raises:
            SubjectUnknown: No job of this server has signed it, and nothing has it.
        """
        with self._db.read() as tx:
            deployed = read_deployed(tx)
            subject: Subject = UnsignedPackage(name=sha256)
            if job_arn is not None:
                subject = SigningJob(name=job_arn, job=find_signing_job(tx, job_arn), sha256=sha256)
            return self._answer(tx, subject, deployed, sha256)

    def _answer(self, tx: Tx, subject: Subject | None, deployed: Deployed, name: str) -> Impact:
        if subject is not None:
            impact = find_impact(tx, subject, deployed, now=self._clock())
            if impact.versions or impact.layers or _is_known(subject):
                return impact
        raise SubjectUnknown(
            f"{name!r}: no signing job, profile, certificate or package of this server, and nothing deployed carries it"
        )

    def _find_certificate(self, tx: Tx, matches: Matches, question: Question, deployed: Deployed) -> Subject | None:
        if matches(certificate_facts(self._root)):
            raise Invalid("that is the root: it is not revoked, and every signature of this server depends on it")
        authorities = [each for each in self._authorities if matches(certificate_facts(each))]
        if len(authorities) > 1:
            raise _ambiguous(question.name, [certificate_facts(each).sha256 for each in authorities])
        if authorities:
            return _issuing_ca(tx, authorities[0], question.effective_from)
        packages = on_all_cores(self._certificates_of, dict.fromkeys(deployed.holdings.packages))
        found = frozenset(package for package, brought in packages.items() if any(map(matches, brought)))
        return SignerCertificate(name=question.name, packages=found) if found else None

    def _certificates_of(self, package: StoredPackage) -> tuple[CertificateFacts, ...]:
        """Answer the certificates that a package's signature brings along; none where it cannot be read."""
        if not package.is_signed:
            return ()
        try:
            with self._blobs.open(package.sha256) as source:
                block = read_signature(source)
            return () if block is None else inspect_signature(block).certificates
        except (IntegrityError, PackageError, NotFound):
            return ()


def _is_known(subject: Subject) -> bool:
    return (
        isinstance(subject, IssuingCa)
        or (isinstance(subject, SigningJob) and subject.job is not None)
        or (isinstance(subject, ProfileVersion) and subject.profile is not None)
    )


def _find_job(tx: Tx, question: Question) -> SigningJob | None:
    if question.name.startswith("arn:"):
        arn = parse_arn(question.name)
        is_job = arn.service == "signer" and _JOB.fullmatch(arn.resource)
        return SigningJob(name=question.name, job=find_signing_job(tx, question.name)) if is_job else None
    if not _JOB_ID.fullmatch(question.name):
        return None
    found = [each for each in list_jobs_of_id(tx, question.name) if _is_meant(question, each.account, each.region)]
    if len(found) > 1:
        raise _ambiguous(question.name, [each.arn for each in found])
    return SigningJob(name=found[0].arn, job=found[0]) if found else None


def _find_profile(tx: Tx, question: Question) -> ProfileVersion | None:
    if question.name.startswith("arn:"):
        return _find_profile_of_arn(tx, question)
    found = [
        each for each in list_profiles_of_name(tx, question.name) if _is_meant(question, each.account, each.region)
    ]
    if len(found) > 1:
        raise _ambiguous(question.name, [each.version_arn for each in found])
    return _profile_version(found[0], question) if found else None


def _find_profile_of_arn(tx: Tx, question: Question) -> ProfileVersion | None:
    arn = parse_arn(canonical_publisher(question.name))
    named = _PROFILE.fullmatch(arn.resource)
    if named is not None:
        profile = profiles.find(tx, account=arn.account, region=arn.region, name=named[1])
        return None if profile is None else _profile_version(profile, question)
    if arn.service != "signer" or not _PROFILE_VERSION.fullmatch(arn.resource):
        raise Invalid(f"{question.name} is the ARN of neither a signing job nor a signing profile")
    profile = find_profile_version(tx, str(arn))
    if profile is None:
        return ProfileVersion(name=str(arn), profile=None, effective_from=None)
    return _profile_version(profile, question)


def _profile_version(profile: Profile, question: Question) -> ProfileVersion:
    moment = _earliest(profile.revocation_effective_from, question.effective_from)
    return ProfileVersion(name=profile.version_arn, profile=profile, effective_from=moment)


def _issuing_ca(tx: Tx, certificate: x509.Certificate, effective_from: datetime | None) -> IssuingCa:
    identity = name_by_content(certificate)
    revoked = revoked_issuing_cas.find(tx, identity=identity)
    return IssuingCa(
        identity=identity,
        name=certificate.subject.rfc4514_string(),
        revoked=revoked,
        effective_from=_earliest(None if revoked is None else revoked.effective_from, effective_from),
    )


def _earliest(*moments: datetime | None) -> datetime | None:
    """Answer the first of the moments that are given: a revocation can only be moved back."""
    return min((each for each in moments if each is not None), default=None)


def _matching(text: str) -> Matches:
    """Answer what a certificate must be to be called so."""
    digits = text.lower().replace(":", "")
    is_number = _HEX.fullmatch(digits) is not None
    serial = digits.lstrip("0")

    def matches(facts: CertificateFacts) -> bool:
        if facts.subject == text:
            return True
        is_fingerprint = len(digits) >= _MIN_DIGITS and facts.sha256.startswith(digits)
        return is_number and (facts.serial == serial or is_fingerprint)

    return matches


def _is_meant(question: Question, account: str, region: str) -> bool:
    return question.account in (None, account) and question.region in (None, region)


def _ambiguous(name: str, found: Sequence[str]) -> Invalid:
    return Invalid(f"{name!r} names {len(found)} things, of which one is to be named: {', '.join(found)}")
