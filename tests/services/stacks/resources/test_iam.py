"""Roles, users, groups, access keys and policies."""

import json
import re
from typing import Any

import pytest

from sealgate.services.stacks.operations import OperationRefused
from sealgate.services.stacks.resource import HandlerFailed
from tests.support.resources import Resource, Stack

TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
POWER = "arn:aws:iam::aws:policy/PowerUserAccess"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
TAGS = [{"Key": "team", "Value": "a"}]


def allowing(action: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


def make_role(stack: Stack, **properties: Any) -> Resource:
    return stack.make("AWS::IAM::Role", "Role", AssumeRolePolicyDocument=TRUST, **properties)


def attached(stack: Stack, role: str) -> list[str]:
    listed = stack.client("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return [each["PolicyArn"] for each in listed]


def inline(stack: Stack, role: str) -> dict[str, Any]:
    iam = stack.client("iam")
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}


def test_a_role_is_referred_to_by_its_name_and_has_its_policies(stack: Stack) -> None:
    role = make_role(
        stack,
        ManagedPolicyArns=[BASIC],
        Policies=[{"PolicyName": "own", "PolicyDocument": allowing("s3:GetObject")}],
        Path="/service/",
        MaxSessionDuration="7200",
        Tags=TAGS,
    )
    found = stack.client("iam").get_role(RoleName=role.ref)["Role"]
    assert re.fullmatch(r"app-Role-[a-zA-Z0-9]{12}", role.ref)
    assert (role.get("Arn"), role.get("RoleId")) == (found["Arn"], found["RoleId"])
    assert (found["Path"], found["MaxSessionDuration"], found["Tags"]) == ("/service/", 7200, TAGS)
    assert found["AssumeRolePolicyDocument"] == TRUST
    assert attached(stack, role.ref) == [BASIC]
    assert inline(stack, role.ref) == {"own": allowing("s3:GetObject")}
    assert role.make_again() == role.made


def test_a_role_is_changed_in_place_and_back(stack: Stack) -> None:
    role = make_role(
        stack, ManagedPolicyArns=[BASIC], Policies=[{"PolicyName": "a", "PolicyDocument": allowing("a:B")}]
    )
    other = {**TRUST, "Statement": [{**TRUST["Statement"][0], "Sid": "Other"}]}
    changes: dict[str, Any] = {
        "AssumeRolePolicyDocument": json.dumps(other),
        "Description": "d",
        "ManagedPolicyArns": [POWER],
        "MaxSessionDuration": 7200,
        "PermissionsBoundary": ADMIN,
        "Policies": [{"PolicyName": "b", "PolicyDocument": allowing("b:C")}],
        "Tags": TAGS,
    }
    role.change(**changes)
    found = stack.client("iam").get_role(RoleName=role.ref)["Role"]
    assert found["AssumeRolePolicyDocument"] == other
    assert (found["Description"], found["MaxSessionDuration"], found["Tags"]) == ("d", 7200, TAGS)
    assert found["PermissionsBoundary"]["PermissionsBoundaryArn"] == ADMIN
    assert attached(stack, role.ref) == [POWER]
    assert inline(stack, role.ref) == {"b": allowing("b:C")}
    role.change(**{**dict.fromkeys(changes), "AssumeRolePolicyDocument": TRUST})
    found = stack.client("iam").get_role(RoleName=role.ref)["Role"]
    assert (found["Description"], found["MaxSessionDuration"]) == ("", 3600)
    assert "PermissionsBoundary" not in found
    assert attached(stack, role.ref) == []
    assert inline(stack, role.ref) == {}


def test_what_has_not_begun_is_undone_too(stack: Stack) -> None:
    changes: dict[str, Any] = {"ManagedPolicyArns": [POWER], "PermissionsBoundary": ADMIN, "Tags": TAGS}
    policies = [{"PolicyName": "b", "PolicyDocument": allowing("b:C")}]
    make_role(stack).undo(**changes, Policies=policies)
    user = stack.make("AWS::IAM::User", "User")
    user.undo(**changes, Policies=policies, Groups=["absent"])


def test_a_role_is_deleted_with_the_policies_of_its_template_only(stack: Stack) -> None:
    role = make_role(stack, ManagedPolicyArns=[BASIC])
    stack.client("iam").attach_role_policy(RoleName=role.ref, PolicyArn=POWER)
    with pytest.raises(OperationRefused, match="must detach all policies first"):
        role.delete()
    stack.client("iam").detach_role_policy(RoleName=role.ref, PolicyArn=POWER)
    role.delete()
    assert stack.client("iam").list_roles()["Roles"] == []


def test_a_name_that_is_taken_is_somebody_elses_unless_this_step_has_recorded_it(stack: Stack) -> None:
    role = make_role(stack, RoleName="mine")
    with pytest.raises(OperationRefused, match="mine"):
        role.make_again()
    again = stack.call("Role", recorded="mine")
    assert role.kind.create(again, role.properties) == role.made


def test_a_role_that_is_half_made_is_recorded(stack: Stack) -> None:
    recorded: list[str] = []
    kind = make_role(stack).kind
    properties = {
        "RoleName": "half",
        "AssumeRolePolicyDocument": TRUST,
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/No"],
    }
    with pytest.raises(OperationRefused):
        kind.create(stack.call(record=recorded.append), properties)
    assert recorded == ["half"]
    kind.delete(stack.call(), "half", properties)


def test_a_policy_is_given_to_all_whom_it_names_and_taken_from_the_others(stack: Stack) -> None:
    first, second = make_role(stack).ref, make_role(stack).ref
    policy = stack.make("AWS::IAM::Policy", PolicyName="p", PolicyDocument=allowing("a:B"), Roles=[first])
    assert policy.get("Id") == policy.ref
    policy.change(Roles=[second])
    assert (inline(stack, first), inline(stack, second)) == ({}, {"p": allowing("a:B")})
    policy.change(PolicyName="q", PolicyDocument=allowing("b:C"))
    assert inline(stack, second) == {"q": allowing("b:C")}
    policy.delete()
    assert inline(stack, second) == {}


def test_a_policy_is_for_somebody(stack: Stack) -> None:
    with pytest.raises(HandlerFailed, match="At least one of"):
        stack.make("AWS::IAM::Policy", PolicyName="p", PolicyDocument=allowing("a:B"))


def test_a_policy_goes_after_its_role_has_gone(stack: Stack) -> None:
    role = make_role(stack)
    policy = stack.make("AWS::IAM::Policy", PolicyName="p", PolicyDocument=allowing("a:B"), Roles=[role.ref])
    stack.client("iam").delete_role_policy(RoleName=role.ref, PolicyName="p")
    role.delete()
    policy.delete()


def test_a_managed_policy_is_referred_to_by_its_arn(stack: Stack) -> None:
    role = make_role(stack)
    policy = stack.make(
        "AWS::IAM::ManagedPolicy", "Policy", PolicyDocument=allowing("a:B"), Roles=[role.ref], Path="/team/"
    )
    found = stack.client("iam").get_policy(PolicyArn=policy.ref)["Policy"]
    assert policy.ref == policy.get("PolicyArn") == found["Arn"]
    assert (policy.get("PolicyId"), policy.get("AttachmentCount")) == (found["PolicyId"], 1)
    assert policy.get("CreateDate") == f"{found['CreateDate']:%Y-%m-%dT%H:%M:%SZ}"
    assert attached(stack, role.ref) == [policy.ref]
    assert policy.make_again() == policy.made


def test_a_managed_policy_gets_new_versions_however_often_it_changes(stack: Stack) -> None:
    iam, first, second = stack.client("iam"), make_role(stack).ref, make_role(stack).ref
    policy = stack.make("AWS::IAM::ManagedPolicy", ManagedPolicyName="p", PolicyDocument=allowing("a:B"), Roles=[first])
    for number in range(6):
        policy.change(PolicyDocument=allowing(f"a:C{number}"))
    assert policy.get("DefaultVersionId") == "v7"
    shown = iam.get_policy_version(PolicyArn=policy.ref, VersionId="v7")["PolicyVersion"]["Document"]
    assert shown == allowing("a:C5")
    policy.change(Roles=[second])
    assert (attached(stack, first), attached(stack, second)) == ([], [policy.ref])
    assert policy.replaced_by(Description="d")
    policy.delete()
    assert iam.list_policies(Scope="Local")["Policies"] == []


def test_a_user_has_groups_policies_and_tags(stack: Stack) -> None:
    iam = stack.client("iam")
    group = stack.make("AWS::IAM::Group", "Group", ManagedPolicyArns=[POWER])
    user = stack.make("AWS::IAM::User", "User", Groups=[group.ref], ManagedPolicyArns=[BASIC], Tags=TAGS)
    assert user.get("Arn") == iam.get_user(UserName=user.ref)["User"]["Arn"]
    assert group.get("Arn") == iam.get_group(GroupName=group.ref)["Group"]["Arn"]
    assert [each["UserName"] for each in iam.get_group(GroupName=group.ref)["Users"]] == [user.ref]
    assert (user.make_again(), group.make_again()) == (user.made, group.made)
    user.change(Groups=[], ManagedPolicyArns=[], Path="/p/", PermissionsBoundary=ADMIN, Tags=None)
    assert user.get("Arn").endswith(f":user/p/{user.ref}")
    assert iam.list_groups_for_user(UserName=user.ref)["Groups"] == []
    user.change(PermissionsBoundary=None, Groups=[group.ref])
    group.change(Path="/g/", ManagedPolicyArns=[], Policies=[{"PolicyName": "a", "PolicyDocument": allowing("a:B")}])
    user.delete()
    group.delete()
    assert (iam.list_users()["Users"], iam.list_groups()["Groups"]) == ([], [])


def test_an_access_key_is_put_out_of_use_in_place(stack: Stack) -> None:
    user = stack.make("AWS::IAM::User", "User", UserName="robot")
    key = stack.make("AWS::IAM::AccessKey", "Key", UserName=user.ref)
    iam = stack.client("iam")
    assert key.ref == key.get("Id")
    assert len(key.get("SecretAccessKey")) == 40
    secret = key.get("SecretAccessKey")
    key.change(Status="Inactive")
    assert key.get("SecretAccessKey") == secret
    assert iam.list_access_keys(UserName="robot")["AccessKeyMetadata"][0]["Status"] == "Inactive"
    assert key.replaced_by(Serial=2)
    again = key.kind.create(stack.call("Key", recorded=key.ref), key.properties)
    (left,) = iam.list_access_keys(UserName="robot")["AccessKeyMetadata"]
    assert left["AccessKeyId"] == again.physical_id
    key.made = again
    key.delete()
    assert iam.list_access_keys(UserName="robot")["AccessKeyMetadata"] == []
