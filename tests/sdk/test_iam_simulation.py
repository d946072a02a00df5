"""The policy simulator through boto3, on the application without a socket."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sealgate.aws.api.iam import iam as iam_api
from sealgate.server.house import House
from sealgate.store.iam.entities import users
from sealgate.store.iam.policies import InlinePolicy, inline_policies
from tests.support.cloud import Cloud, open_cloud
from tests.support.iam import ADMINISTRATOR, OTHER, allowing, document, trusting
from tests.support.policies import statement
from tests.support.refusals import error_of

BUCKET, OBJECT = "arn:aws:s3:::bucket", "arn:aws:s3:::bucket/key"
GET = allowing("s3:GetObject")
DENY = document(statement("Deny"))
# The first example of `aws iam simulate-custom-policy` in the AWS CLI's reference.
DYNAMO = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",'
    '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
)


@pytest.fixture
def cloud(house: House) -> Iterator[Cloud]:
    """An account of its own for each test."""
    cloud = open_cloud(house, (iam_api,))
    yield cloud
    cloud.root.close()


@pytest.fixture
def iam(cloud: Cloud) -> Any:
    return cloud.client("iam")


def entry(name: str, *values: str, kind: str = "string") -> dict[str, Any]:
    return {"ContextKeyName": name, "ContextKeyValues": list(values), "ContextKeyType": kind}


def custom(iam: Any, *policies: str, **asked: Any) -> Any:
    """Simulate policies about s3:GetObject, and answer the one result."""
    asked.setdefault("ActionNames", ["s3:GetObject"])
    results = iam.simulate_custom_policy(PolicyInputList=list(policies), **asked)["EvaluationResults"]
    assert len(results) == 1
    return results[0]


def decisions(results: Any) -> dict[str, str]:
    """Each action's decision."""
    return {result["EvalActionName"]: result["EvalDecision"] for result in results["EvaluationResults"]}


@pytest.mark.parametrize(("year", "decision", "matched"), [("2019", "allowed", 1), ("2014", "implicitDeny", 0)])
def test_the_example_of_awss_own_reference(iam: Any, year: str, decision: str, matched: int) -> None:
    result = custom(
        iam,
        DYNAMO,
        ActionNames=["dynamodb:CreateBackup"],
        ContextEntries=[entry("aws:CurrentTime", f"{year}-04-25T11:00:00Z", kind="date")],
    )
    expected = {
        "SourcePolicyId": "PolicyInputList.1",
        "SourcePolicyType": "IAM Policy",
        "StartPosition": {"Line": 1, "Column": 38},
        "EndPosition": {"Line": 1, "Column": 167},
    }
    assert result == {
        "EvalActionName": "dynamodb:CreateBackup",
        "EvalResourceName": "*",
        "EvalDecision": decision,
        "MatchedStatements": [expected] * matched,
        "MissingContextValues": [],
    }


def test_what_a_condition_needs_and_was_not_given_is_named(iam: Any) -> None:
    result = custom(iam, DYNAMO, ActionNames=["dynamodb:CreateBackup"])
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("implicitDeny", ["aws:CurrentTime"])


def test_each_resource_has_a_result_and_the_most_restrictive_counts(iam: Any) -> None:
    policies = (allowing("s3:*", f"{BUCKET}/*"), document(statement("Deny", Resource=f"{BUCKET}/secret")))
    result = custom(iam, *policies, ResourceArns=[OBJECT, f"{BUCKET}/secret", BUCKET])
    found = {each["EvalResourceName"]: each["EvalResourceDecision"] for each in result["ResourceSpecificResults"]}
    assert found == {OBJECT: "allowed", f"{BUCKET}/secret": "explicitDeny", BUCKET: "implicitDeny"}
    assert (result["EvalDecision"], result["EvalResourceName"]) == ("explicitDeny", "*")
    assert [each["SourcePolicyId"] for each in result["MatchedStatements"]] == ["PolicyInputList.2"]
    assert result["EvalDecisionDetails"] == {}


def test_a_boundary_limits_and_is_told(iam: Any) -> None:
    sources = []
    for boundary, allowed in ((GET, True), (allowing("s3:PutObject"), False), (DENY, False)):
        result = custom(iam, GET, PermissionsBoundaryPolicyInputList=[boundary], ResourceArns=[OBJECT])
        detail = {"AllowedByPermissionsBoundary": allowed}
        assert (result["EvalDecision"] == "allowed", result["PermissionsBoundaryDecisionDetail"]) == (allowed, detail)
        assert result["ResourceSpecificResults"][0]["PermissionsBoundaryDecisionDetail"] == detail
        sources.append([each["SourcePolicyType"] for each in result["MatchedStatements"]])
    assert sources == [["IAM Policy"], [], ["Permissions Boundary Policy"]]


def test_a_resources_policy_gives_and_denies(cloud: Cloud, iam: Any) -> None:
    caller = f"arn:aws:iam::{cloud.account}:user/bob"
    for effect, decision in (("Allow", "allowed"), ("Deny", "explicitDeny")):
        policy = document(statement(effect, Principal={"AWS": caller}, Resource=OBJECT))
        result = custom(iam, allowing("s3:PutObject"), ResourcePolicy=policy, CallerArn=caller, ResourceArns=[OBJECT])
        assert result["EvalDecision"] == decision
        matched = [(each["SourcePolicyId"], each["SourcePolicyType"]) for each in result["MatchedStatements"]]
        assert matched == [("ResourcePolicy", "Resource Policy")]


def test_across_accounts_each_kind_of_policy_is_told(cloud: Cloud, iam: Any) -> None:
    caller = f"arn:aws:iam::{cloud.account}:user/bob"
    policy = document(statement(Principal={"AWS": caller}, Resource=OBJECT))
    asked = {"ResourceArns": [OBJECT], "ResourceOwner": f"arn:aws:iam::{OTHER}:root", "CallerArn": caller}
    given = custom(iam, GET, ResourcePolicy=policy, **asked)
    details = {"IAM Policy": "allowed", "Resource Policy": "allowed"}
    assert (given["EvalDecision"], given["EvalDecisionDetails"]) == ("allowed", details)
    assert given["ResourceSpecificResults"][0]["EvalDecisionDetails"] == details
    refused = custom(iam, GET, **asked)
    assert refused["EvalDecision"] == "implicitDeny"
    assert refused["EvalDecisionDetails"] == {"IAM Policy": "allowed", "Resource Policy": "implicitDeny"}


def test_a_users_own_its_groups_and_further_policies_count(cloud: Cloud, iam: Any) -> None:
    cloud.user("bob", GET)
    iam.create_group(GroupName="g")
    iam.put_group_policy(GroupName="g", PolicyName="own", PolicyDocument=allowing("s3:PutObject"))
    iam.add_user_to_group(GroupName="g", UserName="bob")
    iam.attach_user_policy(UserName="bob", PolicyArn="arn:aws:iam::aws:policy/AWSLambdaExecute")
    actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"]
    told = iam.simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{cloud.account}:user/bob",
        ActionNames=actions,
        PolicyInputList=[allowing("s3:DeleteObject")],
        ResourceArns=[OBJECT],
    )
    assert list(decisions(told).values()) == ["allowed", "allowed", "allowed", "implicitDeny"]
    sources = [[each["SourcePolicyId"] for each in result["MatchedStatements"]] for result in told["EvaluationResults"]]
    assert sources == [
        ["user_bob_p0", "AWSLambdaExecute"],
        ["AWSLambdaExecute", "group_g_own"],
        ["PolicyInputList.1"],
        [],
    ]


def test_who_somebody_is_need_not_be_said(cloud: Cloud, iam: Any) -> None:
    conditions = {"StringEquals": {"aws:PrincipalTag/team": "red", "aws:username": "bob"}}
    cloud.user("bob", allowing("s3:GetObject", f"{BUCKET}/${{aws:username}}", Condition=conditions))
    iam.tag_user(UserName="bob", Tags=[{"Key": "Team", "Value": "red"}])
    asked = {
        "PolicySourceArn": f"arn:aws:iam::{cloud.account}:user/bob",
        "ActionNames": ["s3:GetObject"],
        "ResourceArns": [f"{BUCKET}/bob"],
    }
    assert decisions(iam.simulate_principal_policy(**asked)) == {"s3:GetObject": "allowed"}
    blue = [entry("AWS:PrincipalTag/Team", "blue")]
    assert decisions(iam.simulate_principal_policy(**asked, ContextEntries=blue)) == {"s3:GetObject": "implicitDeny"}
    eve = iam.simulate_principal_policy(**asked, CallerArn=f"arn:aws:iam::{cloud.account}:user/eve")
    assert decisions(eve) == {"s3:GetObject": "implicitDeny"}
    assert eve["EvaluationResults"][0]["MissingContextValues"] == ["aws:PrincipalTag/team"]


def test_a_roles_boundary_counts_until_another_takes_its_place(cloud: Cloud, iam: Any) -> None:
    boundary = iam.create_policy(PolicyName="limit", PolicyDocument=allowing("s3:PutObject"))["Policy"]["Arn"]
    role = cloud.role("r", trusting(cloud.account), GET, Path="/ci/", PermissionsBoundary=boundary)
    asked = {"PolicySourceArn": role, "ActionNames": ["s3:GetObject"]}
    assert decisions(iam.simulate_principal_policy(**asked)) == {"s3:GetObject": "implicitDeny"}
    other = iam.simulate_principal_policy(**asked, PermissionsBoundaryPolicyInputList=[GET])
    assert decisions(other) == {"s3:GetObject": "allowed"}


def test_lists_of_values_are_lists(iam: Any) -> None:
    policy = allowing("s3:GetObject", Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}})
    for values, decision in ((("a", "b"), "allowed"), (("a", "c"), "implicitDeny")):
        result = custom(iam, policy, ContextEntries=[entry("aws:TagKeys", *values, kind="stringList")])
        assert result["EvalDecision"] == decision


def test_a_long_answer_comes_in_pages(iam: Any) -> None:
    actions = [f"s3:Action{number}" for number in range(7)]
    pages = iam.get_paginator("simulate_custom_policy").paginate(
        PolicyInputList=[GET], ActionNames=actions, PaginationConfig={"PageSize": 3}
    )
    found = [[result["EvalActionName"] for result in page["EvaluationResults"]] for page in pages]
    assert found == [actions[:3], actions[3:6], actions[6:]]


def test_the_context_keys_of_policies(cloud: Cloud, iam: Any) -> None:
    resource = "arn:aws:dynamodb:us-west-2:123456789012:table/${aws:username}"
    policy = allowing("dynamodb:*", resource, Condition=json.loads(DYNAMO)["Statement"]["Condition"])
    expected = ["aws:username", "aws:CurrentTime"]  # the example of the AWS CLI's reference
    assert iam.get_context_keys_for_custom_policy(PolicyInputList=[policy])["ContextKeyNames"] == expected
    cloud.user("bob", policy)
    source = {"PolicySourceArn": f"arn:aws:iam::{cloud.account}:user/bob"}
    assert iam.get_context_keys_for_principal_policy(**source)["ContextKeyNames"] == expected
    more = allowing("s3:*", Condition={"Bool": {"aws:SecureTransport": "true"}})
    found = iam.get_context_keys_for_principal_policy(**source, PolicyInputList=[more])["ContextKeyNames"]
    assert found == ["aws:SecureTransport", *expected]


ABOUT_A_BUCKET = {"ResourcePolicy": document(statement(Principal="*")), "ResourceArns": [OBJECT]}
REFUSALS: dict[str, tuple[Callable[[Any, str], Any], str, str]] = {
    "no policy": (lambda iam, _: custom(iam, "{}"), "InvalidInput", "PolicyInputList.1 has invalid content: Syntax"),
    "a policy of a resource in the wrong place": (
        lambda iam, _: custom(iam, GET, document(statement(Principal="*"))),
        "InvalidInput",
        "PolicyInputList.2 has invalid content: Policy document should not specify a principal.",
    ),
    "two boundaries": (
        lambda iam, _: custom(iam, GET, PermissionsBoundaryPolicyInputList=[GET, GET]),
        "InvalidInput",
        "The list of Permissions Boundary policies cannot exceed 1 items.",
    ),
    "no resource": (
        lambda iam, _: custom(iam, GET, ResourceArns=["14a050d4"]),
        "InvalidInput",
        "ResourceNames are not in a valid ARN format: 14a050d4.",
    ),
    "everything and something": (
        lambda iam, _: custom(iam, GET, ResourceArns=["*", OBJECT]),
        "InvalidInput",
        "ResourceNames are not in a valid ARN format: *.",
    ),
    "no action": (lambda iam, _: custom(iam, GET, ActionNames=["GetObject"]), "InvalidInput", "GetObject is not an ac"),
    "all actions": (lambda iam, _: custom(iam, GET, ActionNames=["s3:*"]), "InvalidInput", "s3:* has a wildcard"),
    "an owner without ARN": (
        lambda iam, _: custom(iam, GET, ResourceOwner="123456789012"),
        "InvalidInput",
        "'123456789012' is not a valid as a Resource Owner.",
    ),
    "a resource's policy and nobody who calls": (
        lambda iam, _: custom(iam, GET, **ABOUT_A_BUCKET),
        "InvalidInput",
        "Invalid caller - Caller cannot be null or empty.",
    ),
    "a resource's policy and a role that calls": (
        lambda iam, account: custom(iam, GET, **ABOUT_A_BUCKET, CallerArn=f"arn:aws:iam::{account}:role/r"),
        "InvalidInput",
        "Invalid caller - Caller must be an IAM user in this context.",
    ),
    "a resource's policy and no resource": (
        lambda iam, account: custom(
            iam, GET, ResourcePolicy=ABOUT_A_BUCKET["ResourcePolicy"], CallerArn=f"arn:aws:iam::{account}:user/bob"
        ),
        "InvalidInput",
        "Invalid Entity Arn: * does not clearly define entity type and name.",
    ),
    "a session that calls": (
        lambda iam, account: custom(iam, GET, CallerArn=f"arn:aws:sts::{account}:assumed-role/r/s"),
        "InvalidInput",
        "Invalid caller - Caller must be an IAM user, role or group in this context.",
    ),
    "a number that is none": (
        lambda iam, _: custom(iam, GET, ContextEntries=[entry("s3:max-keys", "ten", kind="numeric")]),
        "InvalidInput",
        "Invalid context value for key s3:max-keys: expected numeric format.",
    ),
    "two values of a key that has one": (
        lambda iam, _: custom(iam, GET, ContextEntries=[entry("aws:SourceIp", "10.0.0.1", "10.0.0.2", kind="ip")]),
        "InvalidInput",
        "Context key aws:SourceIp expected a single value, but received 2.",
    ),
    "a key twice": (
        lambda iam, _: custom(iam, GET, ContextEntries=[entry("aws:UserId", "a"), entry("AWS:userid", "a")]),
        "InvalidInput",
        "Duplicate context key: AWS:userid.",
    ),
    "a key without values": (
        lambda iam, _: custom(iam, GET, ContextEntries=[{"ContextKeyName": "aws:x", "ContextKeyType": "string"}]),
        "InvalidInput",
        "Context values for context key aws:x cannot be null or empty.",
    ),
    "a key without type": (
        lambda iam, _: custom(iam, GET, ContextEntries=[{"ContextKeyName": "aws:x", "ContextKeyValues": ["a"]}]),
        "InvalidInput",
        "Context key aws:x has invalid type null.",
    ),
    "values without key": (
        lambda iam, _: custom(iam, GET, ContextEntries=[{"ContextKeyType": "string", "ContextKeyValues": ["a"]}]),
        "InvalidInput",
        "ContextKeyName cannot be null or empty.",
    ),
    "a member that is not supported": (
        lambda iam, _: custom(iam, GET, ResourceHandlingOption="EC2-VPC-EBS"),
        "ValidationError",
        "ResourceHandlingOption",
    ),
    "a marker of another simulation": (lambda iam, _: custom(iam, GET, Marker="abc"), "ValidationError", "token"),
    "somebody who does not exist": (
        lambda iam, account: iam.simulate_principal_policy(
            ActionNames=["s3:GetObject"], PolicySourceArn=f"arn:aws:iam::{account}:user/nobody"
        ),
        "NoSuchEntity",
        "The user with name nobody cannot be found.",
    ),
    "a policy in somebody's place": (
        lambda iam, account: iam.simulate_principal_policy(
            ActionNames=["s3:GetObject"], PolicySourceArn=f"arn:aws:iam::{account}:policy/p"
        ),
        "InvalidInput",
        "is not the ARN of an IAM user, group or role.",
    ),
    "somebody of another account": (
        lambda iam, _: iam.get_context_keys_for_principal_policy(PolicySourceArn=f"arn:aws:iam::{OTHER}:user/bob"),
        "AccessDenied",
        "iam:GetContextKeysForPrincipalPolicy",
    ),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_each_refusal_is_awss(cloud: Cloud, iam: Any, what: str) -> None:
    call, code, text = REFUSALS[what]
    with pytest.raises(ClientError) as caught:
        call(iam, cloud.account)
    assert error_of(caught)[0] == code
    assert text in error_of(caught)[2]


def test_a_stored_policy_that_cannot_be_read_is_an_error_of_its_own(cloud: Cloud, house: House, iam: Any) -> None:
    cloud.user("bob")
    with house.db.write() as tx:
        bob = users.find(tx, account=cloud.account, name="bob")
        assert bob is not None
        inline_policies.insert(tx, InlinePolicy(entity_id=bob.entity_id, name="p", document='{"Statement": []}'))
    with pytest.raises(ClientError) as caught:
        iam.simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::{cloud.account}:user/bob", ActionNames=["s3:GetObject"]
        )
    assert error_of(caught)[:2] == ("PolicyEvaluation", 500)


def test_a_simulation_that_would_take_long_is_refused(iam: Any) -> None:
    policy = document(*[statement(Action="s3:Get*") for _ in range(110)])
    with pytest.raises(ClientError) as caught:
        custom(iam, policy, ResourceArns=[f"{BUCKET}/{number}" for number in range(1000)])
    assert error_of(caught)[2] == "1000 resources and 110 statements are too many for one simulation."


def test_only_who_may_asks_what_somebody_may(cloud: Cloud) -> None:
    arn = f"arn:aws:iam::{cloud.account}:user/ann"
    ann = cloud.user("ann", allowing("iam:SimulatePrincipalPolicy", arn)).client("iam")
    cloud.user("bob", GET)
    asked: dict[str, Any] = {"ActionNames": ["iam:SimulatePrincipalPolicy", "s3:GetObject"], "ResourceArns": [arn]}
    told = decisions(ann.simulate_principal_policy(PolicySourceArn=arn, **asked))
    assert told == {"iam:SimulatePrincipalPolicy": "allowed", "s3:GetObject": "implicitDeny"}
    with pytest.raises(ClientError) as caught:
        ann.simulate_principal_policy(PolicySourceArn=f"arn:aws:iam::{cloud.account}:user/bob", **asked)
    assert error_of(caught)[0] == "AccessDenied"
    with pytest.raises(ClientError) as caught:
        custom(ann, GET)
    assert "iam:SimulateCustomPolicy on resource: *" in error_of(caught)[2]


def test_an_administrator_simulates_as_a_group(cloud: Cloud, iam: Any) -> None:
    iam.create_group(GroupName="g")
    iam.attach_group_policy(GroupName="g", PolicyArn=ADMINISTRATOR)
    group = f"arn:aws:iam::{cloud.account}:group/g"
    told = iam.simulate_principal_policy(PolicySourceArn=group, CallerArn=group, ActionNames=["s3:GetObject"])
    assert decisions(told) == {"s3:GetObject": "allowed"}
