"""Functions under their roles: which they can have, and what they may do with them, through boto3 and a real socket."""

import json
from typing import Any

import pytest

from tests.support.iam import allowing, document, trusting
from tests.support.invoking import Functions
from tests.support.refusals import error_of
from tests.support.server import RunningServer

TRUST = document({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"})
NETWORK = {"sealgate:network": "host"}
CALLS = """
    import os, boto3
    from botocore.exceptions import ClientError
    def handler(event, context):
        identity = boto3.client("sts").get_caller_identity()["Arn"]
        buckets = boto3.client("s3").list_buckets()["Buckets"]
        try:
            boto3.client("iam").list_users()
        except ClientError as error:
            return [identity, len(buckets) >= 0, error.response["Error"]["Code"]]
    """
KEYS = "import os\ndef handler(event, context): return sorted(key for key in os.environ if key.startswith('AWS_S'))"


class Roles:
    """Roles of one server, and functions that have them."""

    def __init__(self, server: RunningServer) -> None:
        self.account = server.credentials.account
        self.iam = server.client("iam")
        self.client = server.client("lambda")
        self.of_lambda = self.make("runner", TRUST, allowing("s3:ListAllMyBuckets"))

    def make(self, name: str, trust: str, *policies: str) -> str:
        """Make a role; answer its ARN."""
        arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        for policy in policies:
            self.iam.put_role_policy(RoleName=name, PolicyName="policy", PolicyDocument=policy)
        return str(arn)

    def functions(self, role: str) -> Functions:
        return Functions(self.client, role=role)


@pytest.fixture(scope="module")
def roles(server: RunningServer) -> Roles:
    return Roles(server)


def refused(client: Any, operation: str, **members: Any) -> tuple[str, int, str]:
    with pytest.raises(client.exceptions.ClientError) as caught:
        getattr(client, operation)(**members)
    return error_of(caught)


def test_with_the_network_a_function_calls_this_server_as_its_role(roles: Roles) -> None:
    functions = roles.functions(roles.of_lambda)
    name = functions.make(CALLS, Tags=NETWORK, Timeout=20, MemorySize=512)
    identity = f"arn:aws:sts::{roles.account}:assumed-role/runner/{name}"
    assert functions.call(name).value == [identity, True, "AccessDenied"]


def test_without_the_network_it_has_the_credentials_and_no_address(roles: Roles) -> None:
    functions = roles.functions(roles.of_lambda)
    assert functions.call(functions.make(KEYS)).value == ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]


def test_the_network_is_given_and_taken_by_the_tag(roles: Roles) -> None:
    functions = roles.functions(roles.of_lambda)
    name = functions.make("import os\ndef handler(event, context): return 'AWS_ENDPOINT_URL' in os.environ")
    arn = functions.client.get_function_configuration(FunctionName=name)["FunctionArn"]
    assert functions.call(name).value is False
    functions.client.tag_resource(Resource=arn, Tags=NETWORK)
    assert functions.call(name).value is True
    functions.client.untag_resource(Resource=arn, TagKeys=list(NETWORK))
    assert functions.call(name).value is False


def test_a_role_that_does_not_exist_gives_no_credentials(roles: Roles) -> None:
    functions = roles.functions(f"arn:aws:iam::{roles.account}:role/absent")
    assert functions.call(functions.make(KEYS)).value == []


def test_a_role_that_does_not_trust_lambda_is_refused(roles: Roles) -> None:
    told = (
        "InvalidParameterValueException",
        400,
        "The role defined for the function cannot be assumed by Lambda.",
    )
    wrong = roles.make("wrong", trusting(f"arn:aws:iam::{roles.account}:root"))
    with pytest.raises(roles.client.exceptions.InvalidParameterValueException) as caught:
        roles.functions(wrong).make(KEYS)
    assert error_of(caught) == told
    name = roles.functions(roles.of_lambda).make(KEYS)
    assert refused(roles.client, "update_function_configuration", FunctionName=name, Role=wrong) == told
    assert roles.client.get_function_configuration(FunctionName=name)["Role"] == roles.of_lambda


def test_a_trust_policy_may_name_the_function(roles: Roles) -> None:
    arn = f"arn:aws:lambda:us-east-1:{roles.account}:function:trusted"
    condition = {"Condition": {"ArnEquals": {"aws:SourceArn": arn}}}
    narrow = json.loads(TRUST)
    narrow["Statement"][0] |= condition
    functions = roles.functions(roles.make("narrow", json.dumps(narrow)))
    with pytest.raises(roles.client.exceptions.InvalidParameterValueException):
        functions.make(KEYS, FunctionName="other")
    assert len(functions.call(functions.make(KEYS, FunctionName="trusted")).value) == 2


def test_a_role_that_trusts_lambda_no_more_gives_no_credentials(roles: Roles) -> None:
    functions = roles.functions(roles.make("changing", TRUST))
    name = functions.make(KEYS)
    roles.iam.update_assume_role_policy(
        RoleName="changing", PolicyDocument=trusting(f"arn:aws:iam::{roles.account}:root")
    )
    assert functions.call(name).value == []
