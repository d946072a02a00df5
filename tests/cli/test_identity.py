"""Identity as an operator meets it: the stock `aws` command line, as a user and as a role."""

import json
from pathlib import Path
from typing import Any

from tests.support.command_line import run_aws
from tests.support.iam import allowing, trusting
from tests.support.server import running_server

Environment = dict[str, str]


def aws(environment: Environment, *arguments: str) -> Any:
    """What a command answers."""
    told = run_aws(*arguments, "--output", "json", environment=environment)
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout) if told.stdout else None


def signing_with(environment: Environment, credentials: dict[str, str]) -> Environment:
    return environment | {
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials.get("SessionToken", ""),
    }


def test_a_user_is_made_and_becomes_a_role(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as server:
        root, client = server.environment(), server.client("iam")
        user = client.create_user(UserName="ci")["User"]
        policy = ("--policy-name", "own", "--policy-document", allowing("sts:AssumeRole"))
        aws(root, "iam", "put-user-policy", "--user-name", "ci", *policy)
        ci = signing_with(root, client.create_access_key(UserName="ci")["AccessKey"])
        role = client.create_role(RoleName="signer", AssumeRolePolicyDocument=trusting(user["Arn"]))["Role"]["Arn"]
        assumed = aws(ci, "sts", "assume-role", "--role-arn", role, "--role-session-name", "run")
        session = signing_with(root, assumed["Credentials"])
        assert aws(session, "sts", "get-caller-identity")["Arn"].endswith(":assumed-role/signer/run")
