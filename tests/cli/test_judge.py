"""What an offline verdict says of revocation: only what is really known."""

from datetime import datetime, timedelta

import pytest

from sealgate.cli.evidence import Evidence
from sealgate.cli.judge import Verdict, judge
from sealgate.trust.assessment import Assessment, Signature
from sealgate.trust.authority import Authority
from sealgate.trust.revocation import RevocationList, RevokedJob
from sealgate.trust.revocation_list import encode_revocation_list
from sealgate.trust.roots import TrustRoots
from tests.support.authority import JOB_ARN, NOW
from tests.support.sealed import new_authority, roots_of, shared_authority, sign_bytes, verify_bytes, zip_of

SIGNED, _ = sign_bytes(zip_of({"app.py": b"pass\n"}))


def signature() -> Signature:
    found = verify_bytes(SIGNED).signature
    assert found is not None
    return found


def make_list(authority: Authority, *job_arns: str, next_update: datetime = NOW + timedelta(days=7)) -> bytes:
    revoked = tuple(RevokedJob(arn=arn, revoked_at=NOW, reason="stolen") for arn in job_arns)
    revocations = RevocationList(jobs=revoked, profile_versions=(), issued_at=NOW, next_update=next_update)
    return encode_revocation_list(revocations, authority)


def judge_with(
    document: bytes | None, roots: TrustRoots | None = None, now: datetime = NOW, *, required: bool = False
) -> Verdict:
    evidence = Evidence(roots=roots or roots_of(shared_authority()), records=None, revocation_list=document)
    subject = Assessment(signature=signature())
    return judge(subject, evidence=evidence, publishers=None, at=NOW, now=now, require_revocation=required)


def revocation(verdict: Verdict) -> tuple[str, str]:
    (found,) = (finding for finding in verdict.findings if finding.check == "revocation")
    return found.status, found.detail


def test_without_a_list_nothing_is_known() -> None:
    status, detail = revocation(judge_with(None))

    assert status == "not checked"
    assert detail == "nothing is known of it; --revocations or --data tells"


def test_another_authority_s_list_says_nothing_of_this_signature() -> None:
    other = new_authority()
    roots = TrustRoots(roots=(*roots_of(shared_authority()).roots, *roots_of(other).roots))

    verdict = judge_with(make_list(other, JOB_ARN), roots=roots)

    assert verdict.is_acceptable
    assert revocation(verdict)[0] == "not checked"
    assert revocation(verdict)[1] == "what is given is another authority's, and says nothing of this signer"


def test_a_list_under_no_trusted_root_is_refused_and_not_ignored() -> None:
    verdict = judge_with(make_list(new_authority()))

    assert not verdict.is_acceptable
    assert revocation(verdict)[0] == "failed"


def test_an_outdated_list_does_not_clear_a_signature() -> None:
    verdict = judge_with(make_list(shared_authority()), now=NOW + timedelta(days=8))

    assert revocation(verdict)[0] == "not checked"
    assert "a newer one was due" in revocation(verdict)[1]


def test_an_outdated_list_still_revokes() -> None:
    assert revocation(judge_with(make_list(shared_authority(), JOB_ARN), now=NOW + timedelta(days=8)))[0] == "failed"


@pytest.mark.parametrize(("required", "acceptable"), [(False, True), (True, False)])
def test_only_required_revocation_fails_when_it_cannot_be_checked(*, required: bool, acceptable: bool) -> None:
    assert judge_with(None, required=required).is_acceptable == acceptable


def test_an_unsigned_package_is_never_acceptable() -> None:
    evidence = Evidence(roots=roots_of(shared_authority()), records=None, revocation_list=None)

    verdict = judge(
        Assessment(signature=None), evidence=evidence, publishers=None, at=NOW, now=NOW, require_revocation=False
    )

    assert not verdict.is_acceptable
