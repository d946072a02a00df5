"""A server that is killed, or asked to end, in the middle of operations on stacks: each is ended by the next one."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.durability.test_kill import client, end, start

COUNT = 20
"""Resources of each type in a stack: more than are made before the first of them is seen."""
PUBLISHER = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/app/abcdefghij"


def template(count: int) -> str:
    """Declare log groups, which have names, and code signing configs, which have none to be found by."""
    properties = {"AllowedPublishers": {"SigningProfileVersionArns": [PUBLISHER]}}
    config = {"Type": "AWS::Lambda::CodeSigningConfig", "Properties": properties}
    groups = {f"G{number}": {"Type": "AWS::Logs::LogGroup"} for number in range(count)}
    configs = {f"C{number}": config for number in range(count)}
    return json.dumps({"Resources": groups | configs})


def there_is(url: str, folder: Path) -> list[str]:
    """Answer all log groups and code signing configs of a server, as stacks name them."""
    groups = client("logs", url, folder).describe_log_groups(limit=50)["logGroups"]
    configs = client("lambda", url, folder).list_code_signing_configs(MaxItems=50)["CodeSigningConfigs"]
    found = [each["logGroupName"] for each in groups] + [each["CodeSigningConfigArn"] for each in configs]
    return sorted(found)


def statuses(cfn: Any, name: str) -> list[str]:
    return [each["ResourceStatus"] for each in cfn.describe_stack_resources(StackName=name)["StackResources"]]


def until_begun(cfn: Any, name: str) -> None:
    while not statuses(cfn, name):
        pass


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=str)
def test_operations_are_taken_up_where_they_were(tmp_path: Path, how: signal.Signals) -> None:
    folder = tmp_path / "data"
    process, url = start(folder)
    cfn = client("cloudformation", url, folder)
    cfn.create_stack(StackName="app", TemplateBody=template(COUNT))
    until_begun(cfn, "app")
    end(process, how)

    process, url = start(folder)
    cfn = client("cloudformation", url, folder)
    patience = {"Delay": 0.1, "MaxAttempts": 500}
    cfn.get_waiter("stack_create_complete").wait(StackName="app", WaiterConfig=patience)
    rows = cfn.describe_stack_resources(StackName="app")["StackResources"]
    assert sorted(each["PhysicalResourceId"] for each in rows) == there_is(url, folder)
    assert len(rows) == 2 * COUNT

    cfn.delete_stack(StackName="app")
    while set(statuses(cfn, "app")) == {"CREATE_COMPLETE"}:
        pass
    end(process, how)
    process, url = start(folder)
    cfn = client("cloudformation", url, folder)
    cfn.get_waiter("stack_delete_complete").wait(StackName="app", WaiterConfig=patience)
    assert there_is(url, folder) == []
    end(process, signal.SIGTERM)
