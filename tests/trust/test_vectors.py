"""Packages in AWS's format made by an independent implementation, each judged as its list says."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest

from sealgate.errors import IntegrityError
from sealgate.package.source import BytesSource
from sealgate.policy.admission import AdmissionPolicy, Decision, Kind, decide
from sealgate.trust.assessment import Assessment
from sealgate.trust.roots import TrustRoots, parse_root
from sealgate.trust.verify import verify_package

VECTORS = Path(__file__).parents[1] / "vectors" / "aws-format"
CASES: list[Mapping[str, str]] = json.loads((VECTORS / "vectors.json").read_text())

PUBLISHER = "arn:aws:signer:us-east-1:123456789012:/signing-profiles/vectors/A1b2C3d4E5"
EXPECTED = {
    "valid": None,
    "unsigned": Kind.MISMATCH,
    "expired": Kind.EXPIRED,
    "integrity": Kind.INTEGRITY,
}


def assess(case: Mapping[str, str]) -> Assessment | IntegrityError:
    roots = TrustRoots(roots=(parse_root((VECTORS / case["root"]).read_bytes(), name=case["root"]),))
    source = BytesSource((VECTORS / case["file"]).read_bytes())
    try:
        return verify_package(source, roots=roots, at=datetime.fromisoformat(case["at"]))
    except IntegrityError as error:
        return error


def judge(case: Mapping[str, str]) -> Decision:
    policy = AdmissionPolicy(mode="Enforce", publishers=frozenset({PUBLISHER}))
    return decide(assess(case), policy=policy, revocation=None, now=datetime.fromisoformat(case["at"]))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['file']}: {case['why']}")
def test_a_vector_is_judged_as_its_list_says(case: Mapping[str, str]) -> None:
    assert judge(case).kind == EXPECTED[case["expect"]]


def test_the_list_names_every_package_once() -> None:
    assert sorted(case["file"] for case in CASES) == sorted(path.name for path in VECTORS.glob("*.zip"))


def test_a_valid_vector_says_who_signed_it() -> None:
    assessment = assess(next(case for case in CASES if case["file"] == "minimal.zip"))
    assert isinstance(assessment, Assessment)
    signature = assessment.signature
    assert signature is not None
    assert not signature.sealed
    assert signature.content_digest is not None
    assert signature.profile_version_arn == PUBLISHER
    assert [certificate.subject for certificate in signature.chain] == [
        "CN=vector leaf",
        "CN=vector sub",
        "CN=vector root",
    ]


def test_the_strangers_package_is_valid_under_the_strangers_root() -> None:
    case = next(case for case in CASES if case["file"] == "stranger.zip")
    assert judge({**case, "root": "stranger-root.pem"}).kind is None
