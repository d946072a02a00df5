"""Function policies and calls across accounts, through boto3 on the application without a socket."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sealgate.policy.evaluate import authorise
from sealgate.policy.request import Ask, Caller, CallerKind
from sealgate.server.house import House
from sealgate.services.access.catalogue import Catalogue
from tests.support.cloud import Cloud
from tests.support.iam import allowing, trusting
from tests.support.lambda_cloud import code, create_function, open_lambda
from tests.support.refusals import error_of


@pytest.fixture(scope="module")
def cloud(house: House) -> Iterator[Cloud]:
    cloud = open_lambda(house)
    yield cloud
    cloud.root.close()


@pytest.fixture(scope="module")
def other(cloud: Cloud) -> Cloud:
    return cloud.other()


@pytest.fixture
def client(cloud: Cloud) -> Any:
    return cloud.client("lambda")


@pytest.fixture
def function(cloud: Cloud, client: Any) -> Any:
    """A function with version 1 and the alias `live`."""
    made = create_function(cloud, Publish=True)
    client.create_alias(FunctionName=made["FunctionName"], Name="live", FunctionVersion="1")
    return made


TAKEN = (
    "The statement id (s) provided already exists. Please provide a new statement id, or remove the existing statement."
)


def refused(client: Any, operation: str, **members: Any) -> tuple[str, int, str]:
    with pytest.raises(client.exceptions.ClientError) as caught:
        getattr(client, operation)(**members)
    return error_of(caught)


def permission(function: Any, **changes: Any) -> dict[str, Any]:
    return {
        "FunctionName": function["FunctionName"],
        "StatementId": "s",
        "Action": "lambda:InvokeFunction",
        "Principal": "s3.amazonaws.com",
    } | changes


def test_a_policy_is_written_as_aws_writes_it(cloud: Cloud, client: Any, function: Any) -> None:
    added = client.add_permission(**permission(function, SourceArn="arn:aws:s3:::bucket", SourceAccount=cloud.account))
    assert added["ResponseMetadata"]["HTTPStatusCode"] == 201
    client.add_permission(**permission(function, StatementId="all", Principal=cloud.account, Action="lambda:*"))
    client.add_permission(**permission(function, StatementId="org", Principal="*", PrincipalOrgID="o-1234567890"))
    client.add_permission(
        **permission(
            function,
            StatementId="url",
            Principal="*",
            Action="lambda:InvokeFunctionUrl",
            FunctionUrlAuthType="NONE",
        )
    )
    client.add_permission(
        **permission(
            function, StatementId="alexa", Principal="alexa-appkit.amazon.com", EventSourceToken="amzn1.ask.skill"
        )
    )
    read = client.get_policy(FunctionName=function["FunctionName"])
    policy = json.loads(read["Policy"])
    statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": function["FunctionArn"]}
    assert policy["Statement"][0] == json.loads(added["Statement"])
    assert policy == {
        "Version": "2012-10-17",
        "Id": "default",
        "Statement": [
            statement
            | {
                "Sid": "s",
                "Principal": {"Service": "s3.amazonaws.com"},
                "Condition": {
                    "StringEquals": {"AWS:SourceAccount": cloud.account},
                    "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::bucket"},
                },
            },
            statement
            | {
                "Sid": "all",
                "Principal": {"AWS": f"arn:aws:iam::{cloud.account}:root"},
                "Action": "lambda:*",
            },
            statement
            | {"Sid": "org", "Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}},
            statement
            | {
                "Sid": "url",
                "Principal": "*",
                "Action": "lambda:InvokeFunctionUrl",
                "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
            },
            statement
            | {
                "Sid": "alexa",
                "Principal": {"Service": "alexa-appkit.amazon.com"},
                "Condition": {"StringEquals": {"lambda:EventSourceToken": "amzn1.ask.skill"}},
            },
        ],
    }


def test_each_qualifier_has_a_policy_of_its_own(client: Any, function: Any) -> None:
    name = function["FunctionName"]
    for qualifier in ("1", "live"):
        added = json.loads(client.add_permission(**permission(function, Qualifier=qualifier))["Statement"])
        assert added["Resource"] == f"{function['FunctionArn']}:{qualifier}"
    assert refused(client, "get_policy", FunctionName=name) == (
        "ResourceNotFoundException",
        404,
        "The resource you requested does not exist.",
    )
    assert len(json.loads(client.get_policy(FunctionName=f"{name}:live")["Policy"])["Statement"]) == 1
    assert refused(client, "add_permission", **permission(function, Qualifier="$LATEST"))[2] == (
        "We currently do not support adding policies for $LATEST."
    )


def test_a_permission_is_taken_back_by_its_id(client: Any, function: Any) -> None:
    name = function["FunctionName"]
    assert refused(client, "remove_permission", FunctionName=name, StatementId="s")[2] == (
        "No policy is associated with the given resource."
    )
    client.add_permission(**permission(function))
    client.add_permission(**permission(function, StatementId="t"))
    assert refused(client, "remove_permission", FunctionName=name, StatementId="u")[2] == (
        "Statement u is not found in resource policy."
    )
    for statement in ("s", "t"):
        answer = client.remove_permission(FunctionName=name, StatementId=statement)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(client, "get_policy", FunctionName=name)[0] == "ResourceNotFoundException"


def test_an_id_is_taken_once_and_a_revision_must_be_the_latest(client: Any, function: Any) -> None:
    name = function["FunctionName"]
    seen = client.get_function_configuration(FunctionName=name)["RevisionId"]
    client.add_permission(**permission(function, RevisionId=seen))
    assert refused(client, "add_permission", **permission(function)) == (
        "ResourceConflictException",
        409,
        TAKEN,
    )
    assert refused(client, "add_permission", **permission(function, StatementId="t", RevisionId=seen))[1] == 412
    assert refused(client, "remove_permission", FunctionName=name, StatementId="s", RevisionId=seen)[1] == 412
    current = client.get_policy(FunctionName=name)["RevisionId"]
    assert current == client.get_function_configuration(FunctionName=name)["RevisionId"]
    client.remove_permission(FunctionName=name, StatementId="s", RevisionId=current)


@pytest.mark.parametrize(
    "principal", ["nobody", "999999999999", "arn:aws:iam::999999999999:role/x", "s3.example.com", "arn:aws:iam::1:root"]
)
def test_a_principal_that_does_not_exist_is_refused(client: Any, function: Any, principal: str) -> None:
    assert refused(client, "add_permission", **permission(function, Principal=principal)) == (
        "InvalidParameterValueException",
        400,
        "The provided principal was invalid. Please check the principal and try again.",
    )


def test_what_is_not_about_urls_has_no_type_of_url_and_other_members_are_refused_by_name(
    client: Any, function: Any
) -> None:
    assert (
        "FunctionUrlAuthType"
        in refused(client, "add_permission", **permission(function, FunctionUrlAuthType="NONE"))[2]
    )
    assert (
        "InvokedViaFunctionUrl"
        in refused(client, "add_permission", **permission(function, InvokedViaFunctionUrl=True))[2]
    )


def test_a_policy_is_limited_in_length(client: Any, function: Any) -> None:
    source = "arn:aws:s3:::" + "b" * 9900
    client.add_permission(**permission(function, SourceArn=source))
    client.add_permission(**permission(function, StatementId="u", SourceArn=source))
    name, status, text = refused(client, "add_permission", **permission(function, StatementId="t", SourceArn=source))
    assert (name, status) == ("PolicyLengthExceededException", 400)
    assert text.startswith("The final policy size (")
    assert text.endswith(") is bigger than the limit (20480).")


def test_another_account_may_what_the_policy_of_that_very_qualifier_gives_it(
    cloud: Cloud, other: Cloud, client: Any, function: Any
) -> None:
    arn, theirs = function["FunctionArn"], other.client("lambda")
    assert refused(theirs, "get_function_configuration", FunctionName=arn)[0] == "AccessDeniedException"
    client.add_permission(
        **permission(function, Qualifier="live", Action="lambda:GetFunctionConfiguration", Principal=other.account)
    )
    for form in ({"FunctionName": f"{arn}:live"}, {"FunctionName": arn, "Qualifier": "live"}):
        assert theirs.get_function_configuration(**form)["Version"] == "1"
    short = f"{cloud.account}:function:{function['FunctionName']}:live"
    assert theirs.get_function_configuration(FunctionName=short)["Version"] == "1"
    for form in ({"FunctionName": arn}, {"FunctionName": f"{arn}:1"}, {"FunctionName": f"{arn}:$LATEST"}):
        code_, _, text = refused(theirs, "get_function_configuration", **form)
        assert (code_, "no resource-based policy allows" in text) == ("AccessDeniedException", True)
    client.remove_permission(FunctionName=arn, StatementId="s", Qualifier="live")
    assert refused(theirs, "get_function_configuration", FunctionName=f"{arn}:live")[0] == "AccessDeniedException"


def test_another_account_deploys_code_where_it_may_and_nothing_else(other: Cloud, client: Any, function: Any) -> None:
    arn, theirs = function["FunctionArn"], other.client("lambda")
    client.add_permission(**permission(function, Action="lambda:*", Principal=other.account))
    answer = theirs.update_function_code(FunctionName=arn, ZipFile=code("theirs"), Publish=True)
    assert answer["FunctionArn"] == f"{arn}:2"
    assert client.get_function_configuration(FunctionName=arn)["CodeSha256"] == answer["CodeSha256"]
    for operation, members in (
        ("update_function_configuration", {"Timeout": 9}),
        ("remove_permission", {"StatementId": "s"}),
        ("get_function_code_signing_config", {}),
    ):
        code_, _, text = refused(theirs, operation, FunctionName=arn, **members)
        assert (code_, "is not authorized to use the resource" in text) == ("AccessDeniedException", True)
    assert theirs.list_functions()["Functions"] == []


def test_a_link_across_accounts_needs_the_same_permission(
    cloud: Cloud, other: Cloud, client: Any, function: Any
) -> None:
    client.add_permission(**permission(function, Qualifier="1", Action="lambda:GetFunction", Principal=other.account))
    found = other.client("lambda").get_function(FunctionName=f"{function['FunctionArn']}:1")
    link = found["Code"]["Location"].split("/", 3)
    answer = cloud.root.send("GET", f"/{link[3]}", [("host", link[2])])
    assert (answer.status, len(answer.body)) == (200, function["CodeSize"])
    client.remove_permission(FunctionName=function["FunctionName"], Qualifier="1", StatementId="s")
    assert cloud.root.send("GET", f"/{link[3]}", [("host", link[2])]).status == 403


def test_a_role_of_another_account_needs_both_sides_and_is_meant_as_it_was(
    other: Cloud, client: Any, function: Any
) -> None:
    trust, allowed = trusting(other.account), allowing("lambda:GetFunctionConfiguration")
    role = other.role("reader", trust, allowed)
    client.add_permission(**permission(function, Action="lambda:GetFunctionConfiguration", Principal=role))

    sts = other.user("caller", allowing("sts:AssumeRole")).client("sts")

    def read() -> str:
        session = sts.assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
        reader = other.become(session).client("lambda")
        try:
            return str(reader.get_function_configuration(FunctionName=function["FunctionArn"])["Version"])
        except reader.exceptions.ClientError as error:
            return str(error.response["Error"]["Code"])

    assert read() == "$LATEST"
    iam = other.client("iam")
    iam.delete_role_policy(RoleName="reader", PolicyName="p0")
    assert read() == "AccessDeniedException"
    iam.delete_role(RoleName="reader")
    assert other.role("reader", trust, allowed) == role
    assert read() == "AccessDeniedException"


def test_a_service_may_what_the_policy_gives_it_for_the_source_that_it_names(
    cloud: Cloud, client: Any, function: Any
) -> None:
    client.add_permission(**permission(function, SourceArn="arn:aws:s3:::bucket-*", SourceAccount=cloud.account))
    facts = Catalogue(db=cloud.house.db).find(function["FunctionArn"], action="lambda:InvokeFunction")
    assert facts is not None

    def may(service: str, source: str, account: str) -> bool:
        ask = Ask(
            principal=Caller(kind=CallerKind.SERVICE, arn=service, account=""),
            action="lambda:InvokeFunction",
            resource=function["FunctionArn"],
            context={"aws:sourcearn": (source,), "aws:sourceaccount": (account,)},
        )
        return authorise(ask, identity=(), resource=facts.policy, same_account=False).is_allowed

    assert may("s3.amazonaws.com", "arn:aws:s3:::bucket-1", cloud.account)
    assert not may("sns.amazonaws.com", "arn:aws:s3:::bucket-1", cloud.account)
    assert not may("s3.amazonaws.com", "arn:aws:s3:::other", cloud.account)
    assert not may("s3.amazonaws.com", "arn:aws:s3:::bucket-1", "999999999999")


def test_users_are_allowed_by_qualified_arn_and_by_the_principal_that_they_add(cloud: Cloud, function: Any) -> None:
    name, arn = function["FunctionName"], function["FunctionArn"]
    reader = cloud.user(f"{name}-reader", allowing("lambda:GetFunction", f"{arn}:live")).client("lambda")
    assert reader.get_function(FunctionName=name, Qualifier="live")["Configuration"]["Version"] == "1"
    assert refused(reader, "get_function", FunctionName=name)[0] == "AccessDeniedException"
    only_s3 = {"StringEquals": {"lambda:Principal": "s3.amazonaws.com"}}
    adder = cloud.user(f"{name}-adder", allowing("lambda:AddPermission", Condition=only_s3)).client("lambda")
    adder.add_permission(**permission(function))
    wrong = permission(function, StatementId="t", Principal="sns.amazonaws.com")
    assert refused(adder, "add_permission", **wrong)[0] == "AccessDeniedException"
