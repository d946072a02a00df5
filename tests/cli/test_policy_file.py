"""What a file of demands may say."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sealgate.cli.demand import Demand
from sealgate.cli.policy_file import parse_policy_file
from sealgate.errors import Invalid
from tests.support.authority import ARN
from tests.support.gate import make_policy

PUBLISHERS = "AllowedPublishers.SigningProfileVersionArns"
POLICY = "CodeSigningPolicies.UntrustedArtifactOnDeployment"


def parse(folder: Path, content: Any, name: str = "policy.json") -> Demand:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return parse_policy_file(path)


def test_a_file_demands_what_it_says(tmp_path: Path) -> None:
    demand = parse(tmp_path, {**make_policy("Warn", ARN, f"{ARN[:-1]}9"), "Description": "ours"})
    assert demand.source == str(tmp_path / "policy.json")
    assert demand.policy.mode == "Warn"
    assert demand.policy.publishers == frozenset({ARN, f"{ARN[:-1]}9"})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "the whole file: must be an object"),
        ({}, "AllowedPublishers: is missing"),
        ({**make_policy(), "Tags": {}}, "Tags: is unknown"),
        ({**make_policy(), "Description": 1}, "Description: must be text of at most 256 characters"),
        ({**make_policy(), "Description": "x" * 257}, "Description: must be text of at most 256 characters"),
        ({**make_policy(), "RequireManifest": "yes"}, "RequireManifest: must be true or false"),
        ({**make_policy(), "AllowedPublishers": [ARN]}, "AllowedPublishers: must be an object"),
        ({**make_policy(), "AllowedPublishers": {}}, f"{PUBLISHERS}: is missing"),
        ({**make_policy(), "CodeSigningPolicies": {}}, f"{POLICY}: is missing"),
        (
            {**make_policy(), "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Warn", "Else": "Warn"}},
            "CodeSigningPolicies.Else: is unknown",
        ),
        (make_policy("WARN"), f"{POLICY}: must be Warn or Enforce"),
        ({**make_policy(), "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": ["Warn"]}}, f"{POLICY}: must be"),
        ({**make_policy(), "AllowedPublishers": {"SigningProfileVersionArns": ARN}}, f"{PUBLISHERS}: must be a list"),
        ({**make_policy(), "AllowedPublishers": {"SigningProfileVersionArns": []}}, f"{PUBLISHERS}: must be a list"),
        (make_policy("Warn", *[ARN] * 21), f"{PUBLISHERS}: must be a list of 1 to 20 ARNs"),
        (make_policy("Warn", ARN.rpartition("/")[0]), "is not the ARN of a signing profile's version"),
        (make_policy("Warn", "arn:aws:lambda:us-east-1:000000000000:function:app"), "is not the ARN of a signing"),
        (make_policy("Warn", "*"), "is not the ARN of a signing profile's version"),
        (b'{"AllowedPublishers": 1, "AllowedPublishers": 2}', "AllowedPublishers: is given twice"),
        (b"{", "Expecting property name"),
        (b"[" * 100_000, "recursion"),
        (b"\xff", "can't decode byte 0xff"),
        (b" " * (1 << 20) + b"{}", "has more than 1048576 bytes"),
    ],
)
def test_what_is_no_demand_is_refused_by_name(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(tmp_path, content)
    assert refused.value.message.startswith(f"{tmp_path / 'policy.json'}: ")
    assert message in refused.value.message


def test_a_file_may_demand_manifests(tmp_path: Path) -> None:
    assert parse(tmp_path, {**make_policy(), "RequireManifest": True}).requires_manifest
    assert not parse(tmp_path, {**make_policy(), "RequireManifest": False}).requires_manifest


@pytest.mark.parametrize("content", [b"a = 1\na = 2", b"= 1", b"a = 1"], ids=["twice", "no TOML", "unknown"])
def test_toml_is_as_strict(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Invalid):
        parse(tmp_path, content, name="policy.toml")


def test_the_example_is_one() -> None:
    assert parse_policy_file(Path("examples/ci/code-signing.json")).policy.mode == "Enforce"


def test_the_one_that_the_documents_show_is_one(tmp_path: Path) -> None:
    shown = re.search(
        r"^      \{\n.*?^      \}\n", Path("docs/PIPELINES.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert shown is not None
    assert parse(tmp_path, shown[0].encode()).policy.mode == "Enforce"
