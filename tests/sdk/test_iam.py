"""IAM and STS through boto3, on the application without a socket."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sealgate.aws.api.iam import iam as iam_api
from sealgate.aws.api.s3 import s3 as s3_api
from sealgate.aws.api.signer import signer as signer_api
from sealgate.aws.api.sts import sts as sts_api
from sealgate.server.house import House
from sealgate.services.identity.sessions import SessionService
from tests.support.cloud import Cloud, open_cloud
from tests.support.iam import ACCOUNT, ADMINISTRATOR, allowing, document, principal_of, trusting
from tests.support.in_process import InProcess
from tests.support.refusals import error_of

GET = json.loads(allowing("s3:GetObject"))
NOBODY = {"UserName": "nobody"}


@pytest.fixture
def cloud(house: House) -> Iterator[Cloud]:
    """An account of its own for each test."""
    cloud = open_cloud(house, (iam_api, sts_api, s3_api, signer_api))
    yield cloud
    cloud.root.close()


@pytest.fixture
def iam(cloud: Cloud) -> Any:
    return cloud.root.client("iam")


def names(client: Any, operation: str, members: str, member: str, **asked: Any) -> list[str]:
    """What a paginator finds, three items a page."""
    pages = client.get_paginator(operation).paginate(**asked, PaginationConfig={"PageSize": 3})
    return [each[member] if member else each for page in pages for each in page[members]]


def test_a_user_from_its_creation_to_its_end(iam: Any) -> None:
    tags = [{"Key": "team", "Value": "red"}]
    made = iam.create_user(UserName="Bob", Path="/t/", Tags=tags, PermissionsBoundary=ADMINISTRATOR)["User"]
    assert made["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "Policy",
        "PermissionsBoundaryArn": ADMINISTRATOR,
    }
    assert iam.get_user(UserName="Bob")["User"] == made
    assert made["Tags"] == tags
    assert set(iam.list_users()["Users"][0]) == {"Path", "UserName", "UserId", "Arn", "CreateDate"}
    iam.update_user(UserName="Bob", NewUserName="Rob", NewPath="/")
    assert iam.get_user(UserName="Rob")["User"]["Arn"].endswith(":user/Rob")
    iam.delete_user(UserName="Rob")
    assert iam.list_users()["Users"] == []


def test_groups_and_their_users(iam: Any) -> None:
    group = iam.create_group(GroupName="g", Path="/x/")["Group"]
    for name in "dbac":
        iam.create_user(UserName=name)
        iam.add_user_to_group(GroupName="g", UserName=name)
    assert iam.get_group(GroupName="g")["Group"] == group
    assert names(iam, "get_group", "Users", "UserName", GroupName="g") == ["a", "b", "c", "d"]
    assert names(iam, "list_groups_for_user", "Groups", "GroupName", UserName="a") == ["g"]
    assert names(iam, "list_groups", "Groups", "GroupName", PathPrefix="/x/") == ["g"]
    iam.remove_user_from_group(GroupName="g", UserName="a")
    iam.update_group(GroupName="g", NewGroupName="h", NewPath="/")
    assert names(iam, "get_group", "Users", "UserName", GroupName="h") == ["b", "c", "d"]
    for name in "bcd":
        iam.remove_user_from_group(GroupName="h", UserName=name)
    iam.delete_group(GroupName="h")
    assert iam.list_groups()["Groups"] == []


def test_a_role_from_its_creation_to_its_end(cloud: Cloud, iam: Any) -> None:
    trust = trusting(cloud.root.key.account)
    cloud.role("r", trust, Description="d", MaxSessionDuration=7200, Path="/p/")
    role = iam.get_role(RoleName="r")["Role"]
    assert role["AssumeRolePolicyDocument"] == json.loads(trust)
    assert (role["Description"], role["MaxSessionDuration"], role["Path"]) == ("d", 7200, "/p/")
    iam.update_role(RoleName="r", Description="", MaxSessionDuration=3600)
    assert iam.update_role_description(RoleName="r", Description="e")["Role"]["Description"] == "e"
    iam.update_assume_role_policy(
        RoleName="r",
        PolicyDocument=document(
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ),
    )
    found = iam.list_roles(PathPrefix="/p/")["Roles"][0]
    assert found["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "lambda.amazonaws.com"}
    iam.delete_role(RoleName="r")
    assert names(iam, "list_roles", "Roles", "RoleName") == []


def test_a_managed_policy_and_its_versions(iam: Any) -> None:
    made = iam.create_policy(
        PolicyName="p", Path="/x/", PolicyDocument=allowing("s3:GetObject"), Description="d", Tags=[]
    )["Policy"]
    arn = made["Arn"]
    assert (made["DefaultVersionId"], made["AttachmentCount"], made["IsAttachable"]) == ("v1", 0, True)
    version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=allowing("s3:PutObject"), SetAsDefault=True)
    assert (version["PolicyVersion"]["VersionId"], version["PolicyVersion"]["IsDefaultVersion"]) == ("v2", True)
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"] == GET
    assert names(iam, "list_policy_versions", "Versions", "VersionId", PolicyArn=arn) == ["v2", "v1"]
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    assert iam.get_policy(PolicyArn=arn)["Policy"]["Description"] == "d"
    assert names(iam, "list_policies", "Policies", "Arn", Scope="Local") == [arn]
    assert names(iam, "list_policies", "Policies", "Arn", OnlyAttached=True) == []
    assert ADMINISTRATOR in names(iam, "list_policies", "Policies", "Arn")
    iam.delete_policy(PolicyArn=arn)
    assert iam.list_policies(Scope="Local")["Policies"] == []


def each_kind(cloud: Cloud, iam: Any) -> Iterator[tuple[str, dict[str, str]]]:
    iam.create_user(UserName="name")
    iam.create_group(GroupName="name")
    cloud.role("name", trusting(cloud.root.key.account))
    for kind in ("user", "group", "role"):
        yield kind, {f"{kind.title()}Name": "name"}


def test_managed_policies_attached_to_each_kind(cloud: Cloud, iam: Any) -> None:
    for kind, name in each_kind(cloud, iam):
        getattr(iam, f"attach_{kind}_policy")(**name, PolicyArn=ADMINISTRATOR)
        listed = getattr(iam, f"list_attached_{kind}_policies")(**name)["AttachedPolicies"]
        assert listed == [{"PolicyName": "AdministratorAccess", "PolicyArn": ADMINISTRATOR}]
    used = iam.list_entities_for_policy(PolicyArn=ADMINISTRATOR)
    assert [len(used[f"Policy{kind}s"]) for kind in ("User", "Group", "Role")] == [1, 1, 1]
    only = iam.list_entities_for_policy(PolicyArn=ADMINISTRATOR, EntityFilter="Role", MaxItems=1)
    assert ([each["RoleName"] for each in only["PolicyRoles"]], only["PolicyUsers"]) == (["name"], [])
    for kind in ("user", "group", "role"):
        getattr(iam, f"detach_{kind}_policy")(**{f"{kind.title()}Name": "name"}, PolicyArn=ADMINISTRATOR)
    assert iam.get_policy(PolicyArn=ADMINISTRATOR)["Policy"]["AttachmentCount"] == 0


def test_policies_inside_each_kind(cloud: Cloud, iam: Any) -> None:
    for kind, name in each_kind(cloud, iam):
        for policy in "dcba":
            getattr(iam, f"put_{kind}_policy")(
                **name, PolicyName=policy, PolicyDocument=allowing("s3:GetObject", Condition={"Bool": {"a:b": "true"}})
            )
        found = getattr(iam, f"get_{kind}_policy")(**name, PolicyName="a")
        assert found["PolicyDocument"]["Statement"][0]["Condition"] == {"Bool": {"a:b": "true"}}
        assert names(iam, f"list_{kind}_policies", "PolicyNames", "", **name) == ["a", "b", "c", "d"]
        getattr(iam, f"delete_{kind}_policy")(**name, PolicyName="a")
        assert getattr(iam, f"list_{kind}_policies")(**name)["PolicyNames"] == ["b", "c", "d"]


def test_boundaries_and_tags(cloud: Cloud, iam: Any) -> None:
    policy = iam.create_policy(PolicyName="p", PolicyDocument=allowing("s3:GetObject"))["Policy"]["Arn"]
    tagged = {"user": {"UserName": "name"}, "role": {"RoleName": "name"}, "policy": {"PolicyArn": policy}}
    for kind, name in each_kind(cloud, iam):
        if kind != "group":
            getattr(iam, f"put_{kind}_permissions_boundary")(**name, PermissionsBoundary=policy)
    assert iam.get_policy(PolicyArn=policy)["Policy"]["PermissionsBoundaryUsageCount"] == 2
    for kind, name in tagged.items():
        pairs = [{"Key": key, "Value": ""} for key in "abcd"]
        getattr(iam, f"tag_{kind}")(**name, Tags=pairs)
        getattr(iam, f"untag_{kind}")(**name, TagKeys=["d"])
        assert getattr(iam, f"list_{kind}_tags")(**name)["Tags"] == pairs[:3]
    for kind in ("user", "role"):
        getattr(iam, f"delete_{kind}_permissions_boundary")(**tagged[kind])
        assert "PermissionsBoundary" not in getattr(iam, f"get_{kind}")(**tagged[kind])[kind.title()]


def test_a_policy_is_protected_by_its_tags(cloud: Cloud, iam: Any) -> None:
    made = [
        iam.create_policy(
            PolicyName=name, PolicyDocument=allowing("s3:GetObject"), Tags=[{"Key": "kept", "Value": kept}]
        )
        for name, kept in (("guard", "yes"), ("other", "no"))
    ]
    guard, other = (each["Policy"]["Arn"] for each in made)
    kept = {"Condition": {"StringEquals": {"aws:ResourceTag/kept": "yes"}}}
    own = {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}
    caller = cloud.user("caller", document(own, own | {"Effect": "Deny"} | kept)).client("iam")
    caller.delete_policy(PolicyArn=other)
    with pytest.raises(ClientError, match=r"iam:DeletePolicy .* with an explicit deny"):
        caller.delete_policy(PolicyArn=guard)
    assert caller.get_policy(PolicyArn=ADMINISTRATOR)["Policy"]["Arn"] == ADMINISTRATOR


def test_a_users_keys(cloud: Cloud, iam: Any) -> None:
    iam.create_user(UserName="bob")
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    bob = cloud.become(key)
    assert bob.client("sts").get_caller_identity()["Arn"].endswith(":user/bob")
    listed = iam.list_access_keys(UserName="bob")["AccessKeyMetadata"]
    assert [(each["AccessKeyId"], each["Status"]) for each in listed] == [(key["AccessKeyId"], "Active")]
    assert "SecretAccessKey" not in listed[0]
    iam.update_access_key(UserName="bob", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    with pytest.raises(ClientError) as caught:
        bob.client("sts").get_caller_identity()
    assert error_of(caught)[:2] == ("InvalidClientTokenId", 403)
    iam.delete_access_key(UserName="bob", AccessKeyId=key["AccessKeyId"])
    assert iam.list_access_keys(UserName="bob")["AccessKeyMetadata"] == []


def test_a_user_may_be_let_care_for_its_own_keys(cloud: Cloud) -> None:
    own = allowing("iam:*AccessKey*", f"arn:aws:iam::{cloud.root.key.account}:user/${{aws:username}}")
    bob, _ = cloud.user("bob", own), cloud.user("eve")
    client = bob.client("iam")
    second = client.create_access_key()["AccessKey"]
    assert second["UserName"] == "bob"
    client.delete_access_key(AccessKeyId=second["AccessKeyId"])
    assert len(client.list_access_keys()["AccessKeyMetadata"]) == 1
    with pytest.raises(ClientError) as caught:
        client.create_access_key(UserName="EVE")
    assert error_of(caught)[0] == "AccessDenied"
    assert ":user/EVE because no identity-based policy allows the iam:CreateAccessKey action" in error_of(caught)[2]


def test_the_account_as_a_whole(cloud: Cloud, iam: Any) -> None:
    iam.create_user(UserName="bob")
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["Users"], summary["Groups"], summary["AccessKeysPerUserQuota"]) == (1, 0, 2)
    assert iam.list_account_aliases()["AccountAliases"] == []
    account = cloud.root.key.account
    me = iam.get_user()["User"]
    assert (me["UserId"], me["Arn"]) == (account, f"arn:aws:iam::{account}:root")


REFUSALS: dict[str, tuple[Callable[[Any], Any], tuple[str, int]]] = {
    "no such user": (lambda iam: iam.get_user(**NOBODY), ("NoSuchEntity", 404)),
    "a name that is taken": (lambda iam: iam.create_user(UserName="BOB"), ("EntityAlreadyExists", 409)),
    "something is inside": (lambda iam: iam.delete_user(UserName="bob"), ("DeleteConflict", 409)),
    "no policy": (
        lambda iam: iam.put_user_policy(UserName="bob", PolicyName="x", PolicyDocument="{}"),
        ("MalformedPolicyDocument", 400),
    ),
    "too long a policy": (
        lambda iam: iam.put_user_policy(
            UserName="bob", PolicyName="x", PolicyDocument=allowing("s3:*", "arn:aws:s3:::" + "x" * 2048)
        ),
        ("LimitExceeded", 409),
    ),
    "a duplicate tag": (
        lambda iam: iam.tag_user(UserName="bob", Tags=[{"Key": "a", "Value": ""}, {"Key": "A", "Value": ""}]),
        ("InvalidInput", 400),
    ),
    "a name that cannot be": (lambda iam: iam.create_user(UserName="a/b"), ("ValidationError", 400)),
    "a marker of another list": (lambda iam: iam.list_users(Marker="abc"), ("ValidationError", 400)),
    "no ARN": (lambda iam: iam.get_policy(PolicyArn="x" * 20), ("ValidationError", 400)),
    "AWS's own policy": (lambda iam: iam.delete_policy(PolicyArn=ADMINISTRATOR), ("AccessDenied", 403)),
    "the root user's own keys": (lambda iam: iam.create_access_key(), ("ValidationError", 400)),
    "not a status to set": (
        lambda iam: iam.update_access_key(UserName="bob", AccessKeyId="A" * 20, Status="Expired"),
        ("ValidationError", 400),
    ),
    "not bound": (lambda iam: iam.create_instance_profile(InstanceProfileName="x"), ("NotImplemented", 501)),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_each_refusal_is_awss(cloud: Cloud, iam: Any, what: str) -> None:
    cloud.user("bob", allowing("s3:GetObject"))
    call, expected = REFUSALS[what]
    with pytest.raises(ClientError) as caught:
        call(iam)
    assert error_of(caught)[:2] == expected


def test_a_role_is_assumed_and_acts_with_its_own_rights(cloud: Cloud) -> None:
    bob = cloud.user("bob")
    role = cloud.role("signer", trusting(f"arn:aws:iam::{cloud.root.key.account}:user/bob"), allowing("signer:List*"))
    answer = bob.client("sts").assume_role(RoleArn=role, RoleSessionName="run-1")
    session = cloud.become(answer["Credentials"])
    me = session.client("sts").get_caller_identity()
    assert (
        me["Arn"]
        == answer["AssumedRoleUser"]["Arn"]
        == role.replace(":iam:", ":sts:").replace("role/", "assumed-role/") + "/run-1"
    )
    assert me["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]
    assert session.client("signer").list_signing_profiles()["profiles"] == []
    with pytest.raises(ClientError) as caught:
        session.client("s3").list_buckets()
    assert error_of(caught)[0] == "AccessDenied"
    with pytest.raises(ClientError) as caught:
        session.client("sts").get_session_token()
    assert error_of(caught)[0] == "AccessDenied"


def test_a_session_of_a_user_is_the_user_but_calls_no_iam(cloud: Cloud) -> None:
    bob = cloud.user("bob", allowing("*"))
    session = cloud.become(bob.client("sts").get_session_token(DurationSeconds=900)["Credentials"])
    assert session.client("sts").get_caller_identity()["Arn"].endswith(":user/bob")
    assert session.client("s3").list_buckets()["Buckets"] == []
    with pytest.raises(ClientError) as caught:
        session.client("iam").get_user()
    assert error_of(caught)[0] == "AccessDenied"


def test_links_of_a_session_carry_its_token(cloud: Cloud) -> None:
    bob = cloud.user("bob", allowing("s3:*"))
    session = cloud.become(bob.client("sts").get_session_token()["Credentials"])
    bucket = f"bucket-{cloud.root.key.account}"
    client = session.client("s3", signature_version="s3v4")
    client.create_bucket(Bucket=bucket)
    client.put_object(Bucket=bucket, Key="key", Body=b"content")
    for version in ("s3v4", "s3"):
        link = session.client("s3", signature_version=version).generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": "key"}
        )
        path = link.partition("4566")[2]
        assert session.send("GET", path).body == b"content"
        without = "&".join(part for part in path.split("&") if "security-token" not in part.lower())
        assert session.send("GET", without).status == 403


EXPIRED: dict[str, tuple[Callable[[InProcess], Any], tuple[str, int]]] = {
    "sts": (lambda session: session.client("sts").get_caller_identity(), ("ExpiredToken", 403)),
    "iam": (lambda session: session.client("iam").list_users(), ("ExpiredToken", 403)),
    "s3": (lambda session: session.client("s3").list_buckets(), ("ExpiredToken", 400)),
    "signer": (lambda session: session.client("signer").list_signing_jobs(), ("ExpiredTokenException", 403)),
}
WRONG = {
    "sts": ("InvalidClientTokenId", 403),
    "iam": ("InvalidClientTokenId", 403),
    "s3": ("InvalidToken", 400),
    "signer": ("UnrecognizedClientException", 403),
}


@pytest.mark.parametrize("service", EXPIRED)
def test_an_expired_session_is_told_in_each_services_words(cloud: Cloud, service: str) -> None:
    bob = cloud.user("bob", allowing("*"))
    db, rights = cloud.house.db, cloud.house.services.iam.rights
    earlier = SessionService(db=db, clock=lambda: cloud.house.clock() - timedelta(seconds=900), rights=rights)
    issued = earlier.get_session_token(principal_of(bob.key), seconds=900)
    session = InProcess(app=cloud.app, key=issued.session, token=issued.token, loop=cloud.root.loop)
    call, expected = EXPIRED[service]
    with pytest.raises(ClientError) as caught:
        call(session)
    assert error_of(caught)[:2] == expected


@pytest.mark.parametrize("service", WRONG)
def test_a_wrong_token_is_told_in_each_services_words(cloud: Cloud, service: str) -> None:
    bob = cloud.user("bob", allowing("*"))
    credentials = bob.client("sts").get_session_token()["Credentials"]
    with pytest.raises(ClientError) as caught:
        EXPIRED[service][0](cloud.become({**credentials, "SessionToken": "x" + credentials["SessionToken"]}))
    assert error_of(caught)[:2] == WRONG[service]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"SerialNumber": "arn:aws:iam::1:mfa/x", "TokenCode": "123456"}, "ValidationError"),
        ({"ProvidedContexts": [{"ProviderArn": "arn:aws:iam::aws:contextProvider/x"}]}, "ValidationError"),
        ({"DurationSeconds": 43201}, "ValidationError"),
        ({"DurationSeconds": 7200}, "ValidationError"),
        ({"Policy": "{}"}, "MalformedPolicyDocument"),
        ({"Policy": allowing("s3:*", "arn:aws:s3:::" + "x" * 2048)}, "PackedPolicyTooLarge"),
        ({"PolicyArns": [{"arn": f"arn:aws:iam::{ACCOUNT}:policy/none"}]}, "ValidationError"),
        ({"Tags": [{"Key": "a", "Value": "b"}]}, "AccessDenied"),
        ({"RoleArn": "arn:aws:iam::999999999999:role/none"}, "AccessDenied"),
    ],
)
def test_what_assume_role_refuses(cloud: Cloud, asked: dict[str, Any], code: str) -> None:
    bob = cloud.user("bob")
    role = cloud.role("role", trusting(f"arn:aws:iam::{cloud.root.key.account}:user/bob"))
    with pytest.raises(ClientError) as caught:
        bob.client("sts").assume_role(**{"RoleArn": role, "RoleSessionName": "run", **asked})
    assert error_of(caught)[0] == code


def test_a_condition_on_where_a_call_comes_from_holds_for_becoming_a_role(cloud: Cloud) -> None:
    bob, arn = cloud.user("bob"), f"arn:aws:iam::{cloud.root.key.account}:user/bob"
    near = cloud.role("near", trusting(arn, Condition={"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}))
    far = cloud.role("far", trusting(arn, Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}))
    bob.client("sts").assume_role(RoleArn=near, RoleSessionName="run")
    with pytest.raises(ClientError):
        bob.client("sts").assume_role(RoleArn=far, RoleSessionName="run")


def test_whose_a_key_is(cloud: Cloud) -> None:
    client = cloud.root.client("sts")
    key = cloud.root.key
    assert client.get_access_key_info(AccessKeyId=key.access_key_id)["Account"] == key.account
    with pytest.raises(ClientError) as caught:
        client.decode_authorization_message(EncodedMessage="x")
    assert error_of(caught)[:2] == ("NotImplemented", 501)
