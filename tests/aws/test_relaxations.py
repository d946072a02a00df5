import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.session import Session

import sealgate
from sealgate.aws.model import load_model
from sealgate.aws.relaxations import RELAXATIONS, Dialect
from tests.support.toys import Toys

OVERLAY = Path(sealgate.__file__).parent / "aws" / "overlay"
CONFIG = f"arn:aws:lambda:us-east-1:111122223333:code-signing-config:csc-{'0' * 17}"
PUBLISHER = "arn:aws:signer:us-east-1:111122223333:/signing-profiles/my-signer-profile/versions/abcdefghij"


def overlaid(monkeypatch: pytest.MonkeyPatch, service: str, **settings: Any) -> Any:
    """A boto3 client that has read the overlay, and how it would send a call."""
    monkeypatch.setenv("AWS_DATA_PATH", str(OVERLAY))
    session = boto3.Session(
        aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1", botocore_session=Session()
    )
    return session.client(service, **settings)


def sent(client: Any, operation: str, **members: Any) -> dict[str, Any]:
    """The body that a call would send."""
    bodies: list[bytes] = []

    def stop(request: Any, **_: Any) -> None:
        bodies.append(request.body)
        raise InterruptedError

    client.meta.events.register("before-send", stop, unique_id="stop")
    with pytest.raises(InterruptedError):
        getattr(client, operation)(**members)
    client.meta.events.unregister("before-send", unique_id="stop")
    body: dict[str, Any] = json.loads(bodies[0])
    return body


def test_the_overlay_teaches_a_client_the_tutorials_members(monkeypatch: pytest.MonkeyPatch) -> None:
    client = overlaid(monkeypatch, "lambda")
    body = sent(client, "update_function_configuration", FunctionName="f", CodeSigningConfigArn=CONFIG)
    assert body == {"CodeSigningConfigArn": CONFIG}
    body = sent(
        client,
        "create_code_signing_config",
        CodeSigningPolicies={"untrustedArtifactOnDeployment": "Enforce"},
        AllowedPublishers={"signingProfileVersionArns": [PUBLISHER]},
    )
    assert body == {
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Enforce"},
        "AllowedPublishers": {"SigningProfileVersionArns": [PUBLISHER]},
    }


def test_the_overlay_leaves_the_host_alone_where_aws_has_one_for_revocations(monkeypatch: pytest.MonkeyPatch) -> None:
    client = overlaid(monkeypatch, "signer", endpoint_url="http://127.0.0.1:4566")
    operation = client.meta.service_model.operation_model("GetRevocationStatus")
    assert client.meta.config.inject_host_prefix
    assert operation.endpoint == {"hostPrefix": ""}
    assert load_model("signer").operation_model("GetRevocationStatus").endpoint == {"hostPrefix": "data-"}


def test_no_client_model_of_a_user_changes_what_the_server_accepts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DATA_PATH", str(OVERLAY))
    load_model.cache_clear()
    assert set(load_model("lambda").shape_for("CodeSigningPolicies").members) == {"UntrustedArtifactOnDeployment"}


def test_a_relaxed_member_is_taken_and_answered_unless_aws_is_followed_strictly(toys: Toys) -> None:
    target, body = "/2015-03-31/functions/f/configuration", json.dumps({"CodeSigningConfigArn": CONFIG}).encode()
    relaxed = toys.start(auth="none").send("PUT", target, body=[body])
    assert json.loads(relaxed.body) == {"FunctionName": "f", "CodeSigningConfigArn": CONFIG}
    strict = toys.start(auth="none", strict_aws=True)
    refused = strict.send("PUT", target, body=[body])
    assert (refused.status, b"codeSigningConfigArn" in refused.body) == (400, True)
    assert strict.send("GET", "/signing-profiles/my-profile").status == 400
    assert toys.wire.client("signer").get_signing_profile(profileName="my-profile")["profileName"] == "my-profile"


def test_each_relaxation_is_told_in_full_and_names_what_exists() -> None:
    assert len({rule.key for rule in RELAXATIONS}) == len(RELAXATIONS)
    for rule in RELAXATIONS:
        assert rule.aws
        assert rule.here
        shapes = set() if rule.service == "*" else set(load_model(rule.service).shape_names)
        assert {*rule.patterns, *rule.members} <= shapes


@pytest.mark.parametrize(("strict_aws", "is_secure"), [(False, True), (True, False)])
def test_the_loopback_interface_is_a_secure_transport_unless_aws_is_followed_strictly(
    toys: Toys, *, strict_aws: bool, is_secure: bool
) -> None:
    toys.start(auth="none", strict_aws=strict_aws).send("GET", "/signing-profiles/app")
    assert toys.calls[-1].entry.is_secure is is_secure


def test_a_strict_dialect_has_the_members_and_patterns_of_aws() -> None:
    shape = load_model("lambda").shape_for("FunctionConfiguration")
    name = load_model("signer").shape_for("ProfileName")
    strict, relaxed = (Dialect("lambda", strict_aws=strict) for strict in (True, False))
    assert "CodeSigningConfigArn" not in strict.members(shape)
    assert "CodeSigningConfigArn" in relaxed.members(shape)
    assert Dialect("signer", strict_aws=True).pattern(name) == name.metadata["pattern"]
    assert Dialect("signer", strict_aws=False).pattern(name) != name.metadata["pattern"]
