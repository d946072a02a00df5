"""Functions, and the code signing configs by which they are judged."""

import io
import re
import zipfile
from typing import Any
from urllib.parse import urlsplit

import pytest

from sealgate.server.house import House
from sealgate.services.stacks.operations import OperationRefused
from sealgate.services.stacks.resource import HandlerFailed
from tests.support.deployment import zip_of
from tests.support.iam import document
from tests.support.resources import Resource, Stack
from tests.support.running import PYTHON

CONFIG = "AWS::Lambda::CodeSigningConfig"
FUNCTION = "AWS::Lambda::Function"
CODE = "def handler(event, context):\n    return event\n"
VOLATILE = {"LastModified", "ResponseMetadata", "RevisionId"}
TAGS = [{"Key": "team", "Value": "a"}]


def config_for(stack: Stack, policy: str = "Enforce") -> Resource:
    profile = stack.make("AWS::Signer::SigningProfile", "Profile", PlatformId="AWSLambda-SHA384-ECDSA")
    return stack.make(
        CONFIG,
        "Config",
        AllowedPublishers={"SigningProfileVersionArns": [profile.get("ProfileVersionArn")]},
        CodeSigningPolicies={"UntrustedArtifactOnDeployment": policy},
    )


def make_function(stack: Stack, **properties: Any) -> Resource:
    return stack.make(
        FUNCTION,
        "Function",
        **{
            "Code": {"ZipFile": CODE},
            "Handler": "index.handler",
            "Role": f"arn:aws:iam::{stack.cloud.account}:role/runner",
            "Runtime": PYTHON,
            **properties,
        },
    )


def settings(stack: Stack, function: Resource) -> Any:
    return stack.client("lambda").get_function_configuration(FunctionName=function.ref)


def code_of(stack: Stack, function: Resource) -> dict[str, bytes]:
    url = urlsplit(stack.client("lambda").get_function(FunctionName=function.ref)["Code"]["Location"])
    body = stack.cloud.root.send("GET", f"{url.path}?{url.query}").body
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_config_is_referred_to_by_its_arn(stack: Stack) -> None:
    config = config_for(stack)
    found = stack.client("lambda").get_code_signing_config(CodeSigningConfigArn=config.ref)["CodeSigningConfig"]
    assert config.ref == config.get("CodeSigningConfigArn") == found["CodeSigningConfigArn"]
    assert config.get("CodeSigningConfigId") == found["CodeSigningConfigId"]


def test_a_config_is_changed_in_place_by_what_differs(stack: Stack) -> None:
    config = config_for(stack)
    config.change(Description="d", CodeSigningPolicies=None, Tags=TAGS)
    found = stack.client("lambda").get_code_signing_config(CodeSigningConfigArn=config.ref)["CodeSigningConfig"]
    assert found["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Warn"}
    assert found["Description"] == "d"
    config.change(Description=None, Tags=[])
    found = stack.client("lambda").get_code_signing_config(CodeSigningConfigArn=config.ref)["CodeSigningConfig"]
    assert found["Description"] == ""
    assert stack.client("lambda").list_tags(Resource=config.ref)["Tags"] == {}
    config.delete()


def test_a_config_that_is_used_cannot_be_deleted(stack: Stack) -> None:
    config = config_for(stack, "Warn")
    make_function(stack, CodeSigningConfigArn=config.ref)
    with pytest.raises(OperationRefused) as caught:
        config.delete()
    assert caught.value.code == "ResourceConflictException"


def test_a_function_is_referred_to_by_its_name(stack: Stack) -> None:
    function = make_function(stack)
    assert re.fullmatch(r"app-Function-[a-zA-Z0-9]{12}", function.ref)
    assert function.get("Arn") == f"arn:aws:lambda:us-east-1:{stack.cloud.account}:function:{function.ref}"
    assert function.make_again() == function.made


def test_a_name_that_is_taken_is_somebody_elses(stack: Stack) -> None:
    function = make_function(stack, FunctionName="mine")
    assert function.ref == "mine"
    with pytest.raises(OperationRefused, match="Function already exist: mine"):
        function.make_again()


@pytest.mark.parametrize(("runtime", "file"), [(PYTHON, "index.py"), ("nodejs22.x", "index.js")])
def test_code_that_stands_in_a_template_is_packed_as_index(stack: Stack, runtime: str, file: str) -> None:
    function = make_function(stack, Runtime=runtime)
    assert code_of(stack, function) == {file: CODE.encode()}


def test_code_that_stands_in_a_template_is_for_two_kinds_of_runtimes(stack: Stack) -> None:
    with pytest.raises(HandlerFailed, match="either of nodejs, python"):
        make_function(stack, Runtime="provided.al2023")
    with pytest.raises(HandlerFailed, match="at most 4000000 characters"):
        make_function(stack, Code={"ZipFile": "#" * 4_000_001})


def test_every_setting_is_changed_in_place_and_back(stack: Stack) -> None:
    function = make_function(stack)
    before = settings(stack, function)
    changes: dict[str, Any] = {
        "Description": "d",
        "Environment": {"Variables": {"MODE": "1"}},
        "EphemeralStorage": {"Size": 1024},
        "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "elsewhere"},
        "MemorySize": "256",
        "Tags": TAGS,
        "Timeout": 10,
        "TracingConfig": {"Mode": "Active"},
    }
    function.change(**changes)
    after = settings(stack, function)
    for name in changes.keys() - {"LoggingConfig", "MemorySize", "Tags"}:
        assert after[name] == changes[name], name
    assert after["MemorySize"] == 256
    assert after["LoggingConfig"]["LogGroup"] == "elsewhere"
    assert stack.client("lambda").list_tags(Resource=function.get("Arn"))["Tags"] == {"team": "a"}
    function.change(**dict.fromkeys(changes))
    assert {name: value for name, value in settings(stack, function).items() if name not in VOLATILE} == {
        name: value for name, value in before.items() if name not in VOLATILE
    }


def test_a_change_that_fails_halfway_is_undone(stack: Stack) -> None:
    config = config_for(stack)
    function = make_function(stack)
    before = settings(stack, function)
    changes: dict[str, Any] = {
        "Code": {"ZipFile": "# other\n"},
        "CodeSigningConfigArn": config.ref,
        "ReservedConcurrentExecutions": 2,
        "Timeout": 9,
    }
    with pytest.raises(OperationRefused, match="Lambda cannot deploy the function"):
        function.change(**changes)
    function.undo(**changes)
    after = settings(stack, function)
    assert {name: value for name, value in after.items() if name not in VOLATILE} == {
        name: value for name, value in before.items() if name not in VOLATILE
    }
    config.delete()


def test_what_has_not_begun_is_undone_too(stack: Stack) -> None:
    function = make_function(stack)
    function.undo(CodeSigningConfigArn=config_for(stack).ref, ReservedConcurrentExecutions=2, Tags=TAGS)


def test_only_what_differs_is_changed(stack: Stack) -> None:
    function = make_function(stack)
    policy = document({"Effect": "Allow", "Action": ["lambda:*Tag*", "lambda:GetFunction*"], "Resource": "*"})
    stack.perform = stack.acting_as(stack.cloud.user("tagger", policy))
    function.change(Tags=TAGS)
    with pytest.raises(OperationRefused, match="not authorized to perform: lambda:UpdateFunctionConfiguration"):
        function.change(Timeout=9)


def test_code_and_architecture_are_changed_together(stack: Stack) -> None:
    function = make_function(stack)
    function.change(Code={"ZipFile": "# other\n"}, Architectures=["arm64"])
    assert code_of(stack, function) == {"index.py": b"# other\n"}
    assert settings(stack, function)["Architectures"] == ["arm64"]
    function.change(Architectures=None)
    assert settings(stack, function)["Architectures"] == ["x86_64"]


def test_a_function_cannot_lose_its_handler(stack: Stack) -> None:
    with pytest.raises(HandlerFailed, match="mandatory parameters"):
        make_function(stack).change(Handler=None)


def test_concurrency_is_reserved_and_released(stack: Stack) -> None:
    function = make_function(stack, ReservedConcurrentExecutions=2)
    client = stack.client("lambda")
    assert client.get_function_concurrency(FunctionName=function.ref)["ReservedConcurrentExecutions"] == 2
    function.change(ReservedConcurrentExecutions=3)
    assert client.get_function_concurrency(FunctionName=function.ref)["ReservedConcurrentExecutions"] == 3
    function.change(ReservedConcurrentExecutions=None)
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName=function.ref)


def test_what_a_function_is_made_of_replaces_it_only_by_its_name(stack: Stack) -> None:
    function = make_function(stack)
    assert function.replaced_by(FunctionName="other")
    assert function.replaced_by(PackageType="Image")
    assert not function.replaced_by(Role="arn:aws:iam::123456789012:role/other", Code={"ZipFile": "# other"})


def test_a_deleted_function_is_gone(stack: Stack) -> None:
    function = make_function(stack)
    function.delete()
    assert stack.client("lambda").list_functions()["Functions"] == []


def test_inline_code_is_unsigned_and_does_not_pass_a_config_that_enforces(stack: Stack) -> None:
    config = config_for(stack)
    with pytest.raises(OperationRefused) as caught:
        make_function(stack, CodeSigningConfigArn=config.ref)
    assert caught.value.code == "CodeVerificationFailedException"
    assert caught.value.message.startswith("Lambda cannot deploy the function.")
    assert stack.client("lambda").list_functions()["Functions"] == []


def test_an_image_is_refused_by_name(stack: Stack) -> None:
    with pytest.raises(OperationRefused, match="PackageType Image is not supported"):
        make_function(stack, PackageType="Image")


class TestSigned:
    """Functions whose packages a profile of the stack has signed."""

    @pytest.fixture
    def profile(self, stack: Stack) -> Resource:
        stack.client("s3").create_bucket(Bucket=self.bucket(stack))
        versioning = {"Status": "Enabled"}
        stack.client("s3").put_bucket_versioning(Bucket=self.bucket(stack), VersioningConfiguration=versioning)
        return stack.make("AWS::Signer::SigningProfile", "Profile", PlatformId="AWSLambda-SHA384-ECDSA")

    @pytest.fixture
    def config(self, stack: Stack, profile: Resource) -> Resource:
        return stack.make(
            CONFIG,
            "Config",
            AllowedPublishers={"SigningProfileVersionArns": [profile.get("ProfileVersionArn")]},
            CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"},
        )

    @pytest.fixture
    def signed(self, house: House, stack: Stack, profile: Resource) -> dict[str, str]:
        """A signed package, as Code names it."""
        bucket, signer = self.bucket(stack), stack.client("signer")
        version = stack.client("s3").put_object(Bucket=bucket, Key="app.zip", Body=zip_of())["VersionId"]
        job = signer.start_signing_job(
            source={"s3": {"bucketName": bucket, "key": "app.zip", "version": version}},
            destination={"s3": {"bucketName": bucket, "prefix": "signed/"}},
            profileName=profile.get("ProfileName"),
        )["jobId"]
        while house.worker.run_one():
            pass
        placed = signer.describe_signing_job(jobId=job)["signedObject"]["s3"]
        return {"S3Bucket": placed["bucketName"], "S3Key": placed["key"]}

    @staticmethod
    def bucket(stack: Stack) -> str:
        return f"code-{stack.cloud.account}"

    def test_a_signed_package_passes_from_the_beginning(
        self, stack: Stack, config: Resource, signed: dict[str, str]
    ) -> None:
        function = make_function(stack, Code=signed, CodeSigningConfigArn=config.ref)
        assert "SigningJobArn" in settings(stack, function)

    def test_config_and_signed_code_come_together_and_go_together(
        self, stack: Stack, config: Resource, signed: dict[str, str]
    ) -> None:
        function = make_function(stack)
        client = stack.client("lambda")
        function.change(Code=signed, CodeSigningConfigArn=config.ref)
        attached = client.get_function_code_signing_config(FunctionName=function.ref)
        assert attached["CodeSigningConfigArn"] == config.ref
        with pytest.raises(OperationRefused, match="Lambda cannot deploy the function"):
            function.change(Code={"ZipFile": CODE})
        function.change(Code={"ZipFile": CODE}, CodeSigningConfigArn=None)
        assert "CodeSigningConfigArn" not in client.get_function_code_signing_config(FunctionName=function.ref)

    def test_a_layer_that_is_not_signed_does_not_pass(
        self, stack: Stack, config: Resource, signed: dict[str, str]
    ) -> None:
        content = {"S3Bucket": self.bucket(stack), "S3Key": "app.zip"}
        layer = stack.make("AWS::Lambda::LayerVersion", "Layer", Content=content)
        function = make_function(stack, Code=signed, CodeSigningConfigArn=config.ref)
        with pytest.raises(OperationRefused, match=re.escape(layer.ref)):
            function.change(Layers=[layer.ref])
        function.change(CodeSigningConfigArn=None, Layers=[layer.ref])
        assert [each["Arn"] for each in settings(stack, function)["Layers"]] == [layer.ref]
        function.change(Layers=None)
        assert "Layers" not in settings(stack, function)
