import hashlib
import os
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from sealgate.errors import Invalid, PackageError
from sealgate.package.measure import begin_measuring
from sealgate.package.source import BytesSource
from sealgate.trust.sign import sign_package
from sealgate.trust.verify import verify_package
from tests.support.authority import ARN, JOB_ARN, NOW
from tests.support.sealed import EXPIRY, claims, roots_of, shared_authority, sign_bytes, verify_bytes, zip_of

PACKAGE = zip_of({"handler.py": b"def handler(): pass\n", "empty": b""})


def test_a_signed_package_says_what_was_claimed() -> None:
    package, signed = sign_bytes(PACKAGE)
    signature = verify_bytes(package).signature
    assert signature is not None
    assert (signature.job_arn, signature.profile_version_arn) == (JOB_ARN, ARN)
    assert (signature.signing_time, signature.expires_at) == (NOW, EXPIRY)
    assert signature.seal == signed.seal
    assert signature.message_digest == hashlib.sha384(signed.content_digest).digest()
    assert signature.root_kind == "authority"


def test_a_signed_package_names_its_chain() -> None:
    authority = shared_authority()
    signature = verify_bytes(sign_bytes(PACKAGE)[0]).signature
    assert signature is not None
    assert len(signature.chain) == 3
    assert signature.chain[2].subject == authority.root_certificate.subject.rfc4514_string()
    root_hash = hashlib.sha384(authority.root_certificate.tbs_certificate_bytes).hexdigest()
    assert signature.certificate_hashes[2] == root_hash * 2
    assert [len(pair) for pair in signature.certificate_hashes] == [192] * 3


def test_the_digest_is_awss() -> None:
    content = b"handler.py" + b"def handler(): pass\n" + b"empty" + b"META_INF/"
    assert sign_bytes(PACKAGE)[1].content_digest == hashlib.sha384(content).digest()


def test_a_signed_package_is_valid_long_after_its_leaf() -> None:
    assert verify_bytes(sign_bytes(PACKAGE)[0], at=NOW + timedelta(days=90)).signature is not None


def test_an_expired_signature_is_not_the_verifiers_business() -> None:
    signature = verify_bytes(sign_bytes(PACKAGE)[0], at=EXPIRY + timedelta(days=1)).signature
    assert signature is not None
    assert signature.expires_at == EXPIRY


def test_hashing_begun_earlier_gives_the_same_answer() -> None:
    source = BytesSource(sign_bytes(PACKAGE)[0])
    roots = roots_of(shared_authority())
    assert verify_package(source, roots=roots, at=NOW, measured=begin_measuring(source)) == verify_package(
        source, roots=roots, at=NOW
    )


BERLIN = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    "change",
    [
        {"signing_time": NOW.replace(microsecond=1)},
        {"signing_time": NOW.replace(tzinfo=None)},
        {"signing_time": NOW.astimezone(BERLIN)},
        {"expires_at": EXPIRY.replace(microsecond=500_000)},
        {"expires_at": NOW},
        {"expires_at": NOW - timedelta(seconds=1)},
        {"job_arn": ""},
        {"job_arn": "arn:\n"},
        {"job_arn": "a" * 2049},
        {"signing_time": NOW + timedelta(days=2)},
        {"signing_time": NOW - timedelta(hours=2)},
    ],
    ids=str,
)
def test_claims_that_cannot_be_made_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        sign_bytes(PACKAGE, **change)


def test_an_identity_signs_for_its_profile_version_only() -> None:
    identity = shared_authority().leaf_for(ARN)
    with pytest.raises(Invalid, match="signing identity"):
        sign_package(
            BytesSource(PACKAGE), identity=identity, claims=claims(profile_version_arn=ARN + "x"), target_fd=-1
        )


def test_the_last_moment_of_the_calendar_can_be_claimed() -> None:
    package, _ = sign_bytes(PACKAGE, expires_at=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
    assert verify_bytes(package).signature is not None


def test_nothing_is_written_for_a_package_that_cannot_be_signed() -> None:
    descriptor = os.memfd_create("target")
    try:
        with pytest.raises(PackageError):
            sign_package(
                BytesSource(b"no archive"),
                identity=shared_authority().leaf_for(ARN),
                claims=claims(),
                target_fd=descriptor,
            )
        assert os.fstat(descriptor).st_size == 0
    finally:
        os.close(descriptor)


def test_a_signed_package_is_not_signed_again() -> None:
    with pytest.raises(PackageError):
        sign_bytes(sign_bytes(PACKAGE)[0])
