"""Signing profiles, and permissions on them."""

import re
from threading import Thread

import pytest

from sealgate.services.stacks.operations import OperationRefused
from tests.support.resources import Resource, Stack

PLATFORM = "AWSLambda-SHA384-ECDSA"
PROFILE = "AWS::Signer::SigningProfile"
PERMISSION = "AWS::Signer::ProfilePermission"


def make_profile(stack: Stack, **properties: object) -> Resource:
    return stack.make(PROFILE, "Profile", PlatformId=PLATFORM, **properties)


def test_a_profile_is_referred_to_by_its_arn_and_has_awss_attributes(stack: Stack) -> None:
    profile = make_profile(stack, SignatureValidityPeriod={"Type": "DAYS", "Value": "90"})
    found = stack.client("signer").get_signing_profile(profileName=profile.get("ProfileName"))
    assert profile.ref == profile.get("Arn") == found["arn"]
    assert profile.get("ProfileVersion") == found["profileVersion"]
    assert profile.get("ProfileVersionArn") == found["profileVersionArn"]
    assert re.fullmatch(r"Profile_[a-zA-Z0-9]{12}", profile.get("ProfileName"))
    assert found["signatureValidityPeriod"] == {"type": "DAYS", "value": 90}


def test_a_profiles_tags_are_changed_in_place_and_all_else_replaces_it(stack: Stack) -> None:
    profile = make_profile(stack, Tags=[{"Key": "team", "Value": "a"}, {"Key": "old", "Value": "1"}])
    before = dict(profile.made.attributes)
    profile.change(Tags=[{"Key": "team", "Value": "b"}])
    assert stack.client("signer").list_tags_for_resource(resourceArn=profile.ref)["tags"] == {"team": "b"}
    assert profile.made.attributes == before
    assert profile.replaced_by(ProfileName="other")
    assert profile.replaced_by(SignatureValidityPeriod={"Type": "DAYS", "Value": 1})
    assert profile.replaced_by(PlatformId="Notation-OCI-SHA384-ECDSA")


def test_a_deleted_profile_is_canceled(stack: Stack) -> None:
    profile = make_profile(stack, ProfileName="mine")
    profile.delete()
    assert stack.client("signer").get_signing_profile(profileName="mine")["status"] == "Canceled"


def test_a_repeated_step_finds_the_profile_that_it_has_made(stack: Stack) -> None:
    profile = make_profile(stack)
    assert profile.make_again() == profile.made


def test_a_profile_of_a_name_that_is_taken_is_somebody_elses(stack: Stack) -> None:
    profile = make_profile(stack, ProfileName="taken")
    with pytest.raises(OperationRefused, match="already exists"):
        profile.make_again()


def permit(stack: Stack, profile: str, statement: str) -> Resource:
    """Give the account itself a permission, as good as any other's."""
    return stack.make(
        PERMISSION,
        Action="signer:GetSigningProfile",
        Principal=stack.cloud.account,
        ProfileName=profile,
        StatementId=statement,
    )


def statements(stack: Stack, profile: str) -> list[str]:
    listed = stack.client("signer").list_profile_permissions(profileName=profile)
    return sorted(each["statementId"] for each in listed["permissions"])


def test_permissions_come_and_go_whatever_the_revision(stack: Stack) -> None:
    name = make_profile(stack).get("ProfileName")
    first, second = permit(stack, name, "first"), permit(stack, name, "second")
    assert first.ref == f"first|{name}"
    assert first.make_again() == first.made
    assert statements(stack, name) == ["first", "second"]
    first.delete()
    assert statements(stack, name) == ["second"]
    second.delete()


def test_permissions_that_are_given_at_the_same_time_are_all_given(stack: Stack) -> None:
    name = make_profile(stack).get("ProfileName")
    threads = [Thread(target=permit, args=(stack, name, f"s{number}")) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statements(stack, name) == ["s0", "s1", "s2", "s3"]


def test_a_permission_that_cannot_be_is_refused_in_the_services_words(stack: Stack) -> None:
    with pytest.raises(OperationRefused) as caught:
        permit(stack, "absent", "first")
    assert (caught.value.service, caught.value.code, caught.value.status) == (
        "signer",
        "ResourceNotFoundException",
        404,
    )
