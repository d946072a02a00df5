"""Stacks that fail in the middle: what was made is undone, what was there stays, and why is told in AWS's words."""

from __future__ import annotations

import re
from typing import Any

from tests.support.running import PYTHON
from tests.support.stack_user import BUCKET, Code, StackUser, config, function, log_group, role

HANDLER_MESSAGE = re.compile(
    r'Resource handler returned message: "(.+) \(Service: (\w+), Status Code: (\d+), Request ID: [0-9a-f-]{36}\)" '
    r"\(RequestToken: [0-9a-f-]{36}, HandlerErrorCode: (\w+)\)"
)


def told(reason: str) -> tuple[str, str, str]:
    """Take a handler's message apart: the service, its status, and what it says."""
    found = HANDLER_MESSAGE.fullmatch(reason)
    assert found is not None, reason
    return found[2], found[3], found[1]


def is_log_group(user: StackUser, name: str) -> bool:
    return bool(user.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"])


def test_unsigned_code_in_the_middle_of_a_new_stack_leaves_nothing_behind(user: StackUser) -> None:
    status = user.create(
        "middle",
        {
            "Role": role(),
            "Config": config(user.publisher),
            "Before": log_group("middle-before"),
            "Good": function(user.signed, "Before"),
            "Bad": function(user.unsigned, "Good"),
            "After": log_group("middle-after", "Bad"),
        },
    )

    assert status == "ROLLBACK_COMPLETE"
    service, code, message = told(user.reasons("middle", "CREATE_FAILED")["Bad"])
    assert (service, code) == ("Lambda", "400")
    assert message.startswith(
        "Lambda cannot deploy the function. The function or layer might be signed using a signature"
    )
    left = user.resources("middle")
    assert {status for status, _ in left.values()} == {"DELETE_COMPLETE"}
    assert "After" not in left
    assert not user.is_function(left["Good"][1])
    assert not is_log_group(user, "middle-")
    assert user.delete("middle") == "DELETE_COMPLETE"


def test_an_update_to_unsigned_code_leaves_the_old_code_running(user: StackUser) -> None:
    stack = {"Role": role(), "Config": config(user.publisher), "App": function(user.signed)}
    user.create("update", stack)
    name = user.resources("update")["App"][1]
    before = user.lambda_.get_function_configuration(FunctionName=name)

    status = user.update(
        "update", {**stack, "New": log_group("update-new"), "App": function(user.unsigned, "New", Timeout=9)}
    )

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert told(user.reasons("update", "UPDATE_FAILED")["App"])[0] == "Lambda"
    after = user.lambda_.get_function_configuration(FunctionName=name)
    assert [after[each] for each in ("CodeSha256", "Timeout", "SigningJobArn")] == [
        before[each] for each in ("CodeSha256", "Timeout", "SigningJobArn")
    ]
    assert not is_log_group(user, "update-new")


def test_a_replacement_that_fails_leaves_what_it_was_to_replace(user: StackUser) -> None:
    def stack(name: str, code: Code) -> dict[str, Any]:
        app = function(code, FunctionName=name)
        return {"Role": role(), "Config": config(user.publisher), "App": app}

    user.create("replacement", stack("replaced-1", user.signed))

    status = user.update("replacement", stack("replaced-2", user.unsigned))

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert user.resources("replacement")["App"][1] == "replaced-1"
    assert (user.is_function("replaced-1"), user.is_function("replaced-2")) == (True, False)
    assert user.delete("replacement") == "DELETE_COMPLETE"
    assert not user.is_function("replaced-1")


def test_a_replacement_is_undone_when_something_after_it_fails(user: StackUser) -> None:
    def stack(group: str, code: Code) -> dict[str, Any]:
        return {
            "Role": role(),
            "Config": config(user.publisher),
            "Group": log_group(group),
            "App": function(code, "Group"),
        }

    user.create("undone", stack("undone-1", user.signed))

    assert user.update("undone", stack("undone-2", user.unsigned)) == "UPDATE_ROLLBACK_COMPLETE"

    assert user.resources("undone")["Group"][1] == "undone-1"
    assert (is_log_group(user, "undone-1"), is_log_group(user, "undone-2")) == (True, False)


def test_a_config_that_another_function_uses_is_not_deleted_with_its_stack(user: StackUser) -> None:
    user.create("trust", {"Role": role(), "Config": config(user.publisher), "Group": log_group("trust-group")})
    held = user.resources("trust")
    arn = user.iam.get_role(RoleName=held["Role"][1])["Role"]["Arn"]
    user.lambda_.create_function(
        FunctionName="outsider",
        Code=user.signed.members,
        Handler="app.handler",
        Runtime=PYTHON,
        Role=arn,
        CodeSigningConfigArn=held["Config"][1],
    )

    assert user.delete("trust") == "DELETE_FAILED"

    service, code, _ = told(user.reasons("trust", "DELETE_FAILED")["Config"])
    assert (service, code) == ("Lambda", "409")
    user.lambda_.delete_function_code_signing_config(FunctionName="outsider")
    assert user.delete("trust") == "DELETE_COMPLETE"


def test_what_another_stack_imports_is_not_deleted(user: StackUser) -> None:
    exported = {"Outputs": {"Config": {"Value": {"Ref": "Config"}, "Export": {"Name": "shared-config"}}}}
    user.create("exporter", {"Config": config(user.publisher)}, sections=exported)
    app = function(user.signed, CodeSigningConfigArn={"Fn::ImportValue": "shared-config"})
    user.create("importer", {"Role": role(), "App": app})

    assert user.delete("exporter") == "DELETE_FAILED"

    reason = user.describe("exporter")["StackStatusReason"]
    assert "Export shared-config cannot be deleted as it is in use by importer" in reason
    assert user.delete("importer") == "DELETE_COMPLETE"
    assert user.delete("exporter") == "DELETE_COMPLETE"


def test_a_layer_that_nobody_has_signed_is_refused_where_it_is_attached(user: StackUser) -> None:
    layer = {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": user.unsigned.members}}
    app = function(user.signed, Layers=[{"Ref": "Layer"}])

    status = user.create("layered", {"Role": role(), "Config": config(user.publisher), "Layer": layer, "App": app})

    assert status == "ROLLBACK_COMPLETE"
    _, _, message = told(user.reasons("layered", "CREATE_FAILED")["App"])
    assert ":layer:" in message


def test_a_bucket_that_holds_objects_is_not_deleted(user: StackUser) -> None:
    user.create("holder", {"Bucket": {"Type": "AWS::S3::Bucket"}})
    bucket = user.resources("holder")["Bucket"][1]
    user.s3.copy_object(Bucket=bucket, Key="kept", CopySource={"Bucket": BUCKET, "Key": user.unsigned.key})

    assert user.delete("holder") == "DELETE_FAILED"

    assert user.s3.get_object(Bucket=bucket, Key="kept")["ContentLength"] > 0
    user.s3.delete_object(Bucket=bucket, Key="kept")
    assert user.delete("holder") == "DELETE_COMPLETE"
