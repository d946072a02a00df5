"""Profiles, platforms and tags through boto3, over a real socket."""

import itertools
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.refusals import error_of
from tests.support.server import RunningServer, running_server

_NUMBERS = itertools.count(1)
LAMBDA_PLATFORM = "AWSLambda-SHA384-ECDSA"


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("server") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def signer(clients: RunningServer) -> Any:
    return clients.client("signer")


@pytest.fixture(scope="module")
def unchecked(clients: RunningServer) -> Any:
    """A client that sends what its own checks would refuse."""
    return clients.client("signer", parameter_validation=False)


@pytest.fixture
def name() -> str:
    """A profile name of the test's own."""
    return f"profile_{next(_NUMBERS)}"


def put(signer: Any, name: str, **members: Any) -> Any:
    return signer.put_signing_profile(profileName=name, platformId=LAMBDA_PLATFORM, **members)


# Making and looking.


def test_a_new_profile_is_answered_and_described_with_awss_members(signer: Any, name: str) -> None:
    made = put(signer, name, tags={"team": "red"})
    arn = f"arn:aws:signer:us-east-1:000000000000:/signing-profiles/{name}"
    assert made["arn"] == arn
    assert made["profileVersionArn"] == f"{arn}/{made['profileVersion']}"
    found = signer.get_signing_profile(profileName=name, profileOwner="000000000000")
    del found["ResponseMetadata"]
    assert found == {
        "profileName": name,
        "profileVersion": made["profileVersion"],
        "profileVersionArn": made["profileVersionArn"],
        "platformId": LAMBDA_PLATFORM,
        "platformDisplayName": "AWS Lambda",
        "signatureValidityPeriod": {"value": 135, "type": "MONTHS"},
        "status": "Active",
        "arn": arn,
        "tags": {"team": "red"},
    }


def test_validity_is_echoed_and_tags_are_there_even_when_empty(signer: Any, name: str) -> None:
    put(signer, name, signatureValidityPeriod={"value": 12, "type": "MONTHS"}, overrides={}, signingParameters={})
    found = signer.get_signing_profile(profileName=name)
    assert found["signatureValidityPeriod"] == {"value": 12, "type": "MONTHS"}
    assert found["tags"] == {}


def test_a_taken_name_is_a_validation_exception_with_its_sub_code(signer: Any, name: str) -> None:
    put(signer, name)
    with pytest.raises(signer.exceptions.ValidationException) as taken:
        put(signer, name)
    assert error_of(taken) == ("ValidationException", 400, f"Profile with name {name} already exists")
    assert taken.value.response["code"] == "ProfileAlreadyExists"


@pytest.mark.parametrize(
    ("members", "text"),
    [
        (
            {"signingParameters": {"a": "b"}},
            "Signing parameters should not be present when using AWSLambda-SHA384-ECDSA platform",
        ),
        (
            {"signingMaterial": {"certificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/1"}},
            "Signing material should not be present when using AWSLambda-SHA384-ECDSA platform",
        ),
        (
            {"overrides": {"signingImageFormat": "JSONDetached"}},
            "Overrides should not be present when using AWSLambda-SHA384-ECDSA platform",
        ),
        (
            {"signatureValidityPeriod": {"value": 136, "type": "MONTHS"}},
            "Signature validity period 136 MONTHS must be between 1 day and 135 months",
        ),
        ({"signatureValidityPeriod": {"value": 1}}, "signatureValidityPeriod must have both value and type"),
        (
            {"tags": {"sealgate:network": "host"}},
            (
                "Tag 'sealgate:network': of the tags that begin with 'sealgate:', a signing profile can have "
                "sealgate:on-revocation only"
            ),
        ),
        (
            {"platformId": "AmazonFreeRTOS-Default"},
            "Platform AmazonFreeRTOS-Default is not available here; use AWSLambda-SHA384-ECDSA",
        ),
    ],
)
def test_what_a_profile_cannot_have_is_refused(signer: Any, name: str, members: dict[str, Any], text: str) -> None:
    with pytest.raises(signer.exceptions.ValidationException) as refused:
        signer.put_signing_profile(**{"profileName": name, "platformId": LAMBDA_PLATFORM} | members)
    assert error_of(refused) == ("ValidationException", 400, text)


@pytest.mark.parametrize("name", ["a", "a!", "ab/../x", "x" * 65, "ä" * 4])
def test_a_name_against_the_models_rules_is_refused(unchecked: Any, name: str) -> None:
    with pytest.raises(ClientError) as refused:
        put(unchecked, name)
    code, status, message = error_of(refused)
    assert (code, status) == ("ValidationException", 400)
    assert re.match(rf"\d validation errors? detected: Value '{re.escape(name)}' at 'profileName' failed", message)


def test_a_hyphen_in_a_name_is_one_of_the_relaxations(signer: Any) -> None:
    assert put(signer, "my-signer-profile")["arn"].endswith("/my-signer-profile")
    assert signer.get_signing_profile(profileName="my-signer-profile")["status"] == "Active"


def test_under_strict_aws_a_hyphen_is_refused(tmp_path: Path) -> None:
    with running_server(tmp_path / "data", strict_aws=True) as strict, pytest.raises(ClientError) as refused:
        put(strict.client("signer"), "my-signer-profile")
    assert error_of(refused)[0] == "ValidationException"


def test_an_unknown_platform_or_profile_is_a_resource_not_found_exception(signer: Any, name: str) -> None:
    calls: tuple[tuple[Callable[[], Any], str], ...] = (
        (
            lambda: signer.put_signing_profile(profileName=name, platformId="Nowhere"),
            "Signing platform Nowhere does not exist.",
        ),
        (
            lambda: signer.get_signing_profile(profileName=name),
            f"Signing Profile with name {name} does not exist.",
        ),
        (
            lambda: signer.cancel_signing_profile(profileName=name),
            f"Signing Profile with name {name} does not exist.",
        ),
    )
    for call, text in calls:
        with pytest.raises(signer.exceptions.ResourceNotFoundException) as missing:
            call()
        assert error_of(missing) == ("ResourceNotFoundException", 404, text)


def test_naming_another_owner_is_denied(signer: Any, name: str) -> None:
    with pytest.raises(signer.exceptions.AccessDeniedException) as denied:
        signer.get_signing_profile(profileName=name, profileOwner="111122223333")
    assert error_of(denied) == (
        "AccessDeniedException",
        403,
        (
            "User: arn:aws:iam::000000000000:root is not authorized to perform: signer:GetSigningProfile"
            f" on resource: arn:aws:signer:us-east-1:111122223333:/signing-profiles/{name}"
            " because no resource-based policy allows the signer:GetSigningProfile action"
        ),
    )


# Ending.


def test_a_canceled_profile_stays_visible_and_its_name_taken(signer: Any, name: str) -> None:
    put(signer, name)
    answer = signer.cancel_signing_profile(profileName=name)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    signer.cancel_signing_profile(profileName=name)
    assert signer.get_signing_profile(profileName=name)["status"] == "Canceled"
    with pytest.raises(signer.exceptions.ValidationException, match="already exists"):
        put(signer, name)


def test_a_revoked_profile_shows_its_record_and_cannot_be_canceled(signer: Any, name: str) -> None:
    version = put(signer, name)["profileVersion"]
    effective = datetime.now(UTC) - timedelta(hours=1)
    effective = effective.replace(microsecond=678_000)
    signer.revoke_signing_profile(profileName=name, profileVersion=version, reason="key lost", effectiveTime=effective)
    found = signer.get_signing_profile(profileName=name)
    assert (found["status"], found["statusReason"]) == ("Revoked", "key lost")
    assert found["revocationRecord"]["revocationEffectiveFrom"] == effective
    assert found["revocationRecord"]["revokedBy"] == "arn:aws:iam::000000000000:root"
    assert found["revocationRecord"]["revokedAt"] > effective
    with pytest.raises(ClientError) as refused:
        signer.cancel_signing_profile(profileName=name)
    assert error_of(refused) == (
        "ValidationException",
        400,
        f"Signing Profile {name} cannot be canceled because it has been revoked. A revoked profile cannot be canceled.",
    )


def test_the_effective_time_moves_back_only_and_never_lies_in_the_future(signer: Any, name: str) -> None:
    version = put(signer, name)["profileVersion"]
    now = datetime.now(UTC)
    revoke = {"profileName": name, "profileVersion": version, "reason": "key lost"}
    with pytest.raises(signer.exceptions.ValidationException, match="future"):
        signer.revoke_signing_profile(**revoke, effectiveTime=now + timedelta(hours=1))
    signer.revoke_signing_profile(**revoke, effectiveTime=now - timedelta(hours=1))
    signer.revoke_signing_profile(**revoke, effectiveTime=now - timedelta(hours=2))
    with pytest.raises(signer.exceptions.ValidationException, match="earlier"):
        signer.revoke_signing_profile(**revoke, effectiveTime=now)


def test_a_version_that_is_not_the_profiles_is_not_found(signer: Any, name: str) -> None:
    put(signer, name)
    with pytest.raises(signer.exceptions.ResourceNotFoundException) as missing:
        signer.revoke_signing_profile(
            profileName=name, profileVersion="AAAAAAAAAA", reason="key lost", effectiveTime=datetime.now(UTC)
        )
    assert error_of(missing)[2] == f"Version AAAAAAAAAA does not exist for SigningProfile {name}."
    assert missing.value.response["code"] == "ProfileVersionNotFound"


# Lists. They see every profile of the region, so each test has a region of its own.


def names(signer: Any, **members: Any) -> list[str]:
    pages = signer.get_paginator("list_signing_profiles").paginate(**members)
    return [profile["profileName"] for page in pages for profile in page["profiles"]]


def test_lists_show_active_profiles_unless_asked_for_others(clients: RunningServer) -> None:
    signer = clients.client("signer", region="eu-west-1")
    for name in ("bb", "aa", "cc"):
        put(signer, name)
    version = signer.get_signing_profile(profileName="cc")["profileVersion"]
    signer.cancel_signing_profile(profileName="bb")
    signer.revoke_signing_profile(profileName="cc", profileVersion=version, reason="x", effectiveTime=datetime.now(UTC))
    assert names(signer) == ["aa"]
    assert names(signer, includeCanceled=True) == ["aa", "bb", "cc"]
    assert names(signer, statuses=["Canceled", "Revoked"]) == ["bb", "cc"]
    assert names(signer, platformId=LAMBDA_PLATFORM) == ["aa"]
    assert names(signer, platformId="Nowhere") == []
    assert names(clients.client("signer", region="eu-west-2")) == []


def test_an_element_of_the_list_has_awss_members(clients: RunningServer) -> None:
    signer = clients.client("signer", region="eu-central-1")
    made = put(signer, "app")
    (element,) = signer.list_signing_profiles()["profiles"]
    assert element == {
        "profileName": "app",
        "profileVersion": made["profileVersion"],
        "profileVersionArn": made["profileVersionArn"],
        "signingMaterial": {},
        "signatureValidityPeriod": {"value": 135, "type": "MONTHS"},
        "platformId": LAMBDA_PLATFORM,
        "platformDisplayName": "AWS Lambda",
        "status": "Active",
        "arn": made["arn"],
        "tags": {},
    }


def test_pages_have_25_profiles_and_a_token_until_the_last(clients: RunningServer) -> None:
    signer = clients.client("signer", region="eu-north-1")
    expected = [f"p{number:02}" for number in range(27)]
    for name in expected:
        put(signer, name)
    first = signer.list_signing_profiles()
    assert len(first["profiles"]) == 25
    second = signer.list_signing_profiles(nextToken=first["nextToken"])
    assert len(second["profiles"]) == 2
    assert "nextToken" not in second
    assert names(signer, maxResults=4) == expected


@pytest.mark.parametrize("operation", ["list_signing_profiles", "list_signing_jobs", "list_signing_platforms"])
def test_a_foreign_token_and_a_page_of_no_size_are_refused(unchecked: Any, operation: str) -> None:
    for members in ({"nextToken": "bm90IG91cnM"}, {"maxResults": 26}, {"maxResults": 0}):
        with pytest.raises(ClientError) as refused:
            getattr(unchecked, operation)(**members)
        assert error_of(refused)[:2] == ("ValidationException", 400)


# Platforms.


def test_platforms_are_listed_in_awss_order_and_each_described_alike(signer: Any) -> None:
    pages = signer.get_paginator("list_signing_platforms").paginate(PaginationConfig={"PageSize": 2})
    listed = [platform for page in pages for platform in page["platforms"]]
    assert [platform["platformId"] for platform in listed] == [
        "AWSIoTDeviceManagement-SHA256-ECDSA",
        LAMBDA_PLATFORM,
        "AmazonFreeRTOS-TI-CC3220SF",
        "AmazonFreeRTOS-Default",
        "Notation-OCI-SHA384-ECDSA",
    ]
    for platform in listed:
        described = signer.get_signing_platform(platformId=platform["platformId"])
        del described["ResponseMetadata"]
        assert described == platform


def test_the_lambda_platform_is_described_as_aws_describes_it(signer: Any) -> None:
    described = signer.get_signing_platform(platformId=LAMBDA_PLATFORM)
    del described["ResponseMetadata"]
    assert described == {
        "platformId": LAMBDA_PLATFORM,
        "displayName": "AWS Lambda",
        "partner": "AWSLambda",
        "target": "SHA384-ECDSA",
        "category": "AWS",
        "signingConfiguration": {
            "encryptionAlgorithmOptions": {"allowedValues": ["ECDSA"], "defaultValue": "ECDSA"},
            "hashAlgorithmOptions": {"allowedValues": ["SHA384"], "defaultValue": "SHA384"},
        },
        "signingImageFormat": {"supportedFormats": ["JSONDetached"], "defaultFormat": "JSONDetached"},
        "maxSizeInMB": 250,
        "revocationSupported": True,
    }


def test_platforms_are_filtered_and_an_unknown_one_not_found(signer: Any) -> None:
    found = signer.list_signing_platforms(category="AWS", partner="AWSLambda", target="SHA384-ECDSA")
    assert [platform["platformId"] for platform in found["platforms"]] == [LAMBDA_PLATFORM]
    with pytest.raises(signer.exceptions.ResourceNotFoundException):
        signer.get_signing_platform(platformId="Nowhere")


# Tags.


def test_tags_are_added_changed_removed_and_listed(signer: Any, name: str) -> None:
    arn = put(signer, name, tags={"a": "1", "b/c": "2"})["arn"]
    signer.tag_resource(resourceArn=arn, tags={"b/c": "3", "sealgate:on-revocation": "Enforce"})
    signer.untag_resource(resourceArn=arn, tagKeys=["a", "nothing"])
    assert signer.list_tags_for_resource(resourceArn=arn)["tags"] == {"b/c": "3", "sealgate:on-revocation": "Enforce"}


def test_the_tags_of_a_canceled_profile_cannot_be_changed(signer: Any, name: str) -> None:
    arn = put(signer, name)["arn"]
    signer.cancel_signing_profile(profileName=name)
    with pytest.raises(signer.exceptions.BadRequestException):
        signer.tag_resource(resourceArn=arn, tags={"a": "1"})
    assert signer.list_tags_for_resource(resourceArn=arn)["tags"] == {}


def test_tag_operations_know_their_own_exceptions_only(signer: Any) -> None:
    prefix = "arn:aws:signer:us-east-1:000000000000:"
    with pytest.raises(signer.exceptions.NotFoundException) as missing:
        signer.list_tags_for_resource(resourceArn=f"{prefix}/signing-profiles/ghost")
    assert error_of(missing)[:2] == ("NotFoundException", 404)
    for arn in (f"{prefix}/signing-jobs/11111111-1111-4111-8111-111111111111", "nonsense"):
        with pytest.raises(signer.exceptions.BadRequestException) as refused:
            signer.list_tags_for_resource(resourceArn=arn)
        assert error_of(refused)[:2] == ("BadRequestException", 400)


def test_a_tag_against_the_models_rules_is_refused(signer: Any, name: str) -> None:
    arn = put(signer, name)["arn"]
    for tags in ({"aws:x": "1"}, {"a b": "1"}, {"a": "x" * 257}, {"sealgate:on-revocation": "enforce"}):
        with pytest.raises(ClientError) as refused:
            signer.tag_resource(resourceArn=arn, tags=tags)
        assert error_of(refused)[:2] == ("BadRequestException", 400)


# What is not served yet is refused by name.


def test_payload_signing_is_refused_by_name(signer: Any, name: str) -> None:
    with pytest.raises(ClientError, match="SignPayload") as refused:
        signer.sign_payload(profileName=name, payload=b"x", payloadFormat="x")
    assert error_of(refused)[1] == 501
