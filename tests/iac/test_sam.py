"""`sam`, unmodified: the example is built, packaged, signed, deployed, looked at, invoked and deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import Told
from tests.support.server import RunningServer
from tests.support.stack_user import BUCKET, StackUser
from tests.support.tools import Toolbox, copy_example

pytestmark = pytest.mark.slow

PROFILE = "greeter"
SIGNED = ("--signing-profiles", f"Greeter={PROFILE} Words={PROFILE}")


@dataclass(frozen=True, kw_only=True)
class App:
    """The example, built, and who deploys it.

    Attributes:
        folder: Its copy.
        outputs: Of the stack `greeter`, which the example's own configuration has deployed, signed and under Enforce.
    """

    user: StackUser
    tools: Toolbox
    folder: Path

    def sam(self, *arguments: str) -> Told:
        return self.tools.sam(*arguments, folder=self.folder)

    def parameters(self, policy: str) -> tuple[str, ...]:
        given = {"Publisher": self.user.publisher, "Policy": policy}
        return ("--parameter-overrides", *(f"{name}={value}" for name, value in given.items()))

    def deploy(self, name: str, policy: str, *options: str) -> Told:
        """Deploy the built app as another stack, without the example's configuration."""
        return self.sam(
            *("deploy", "--config-env", "none", "--stack-name", name, "--resolve-s3"),
            *("--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"),
            *options,
            *self.parameters(policy),
        )

    @property
    def outputs(self) -> dict[str, str]:
        found = self.user.describe("greeter")["Outputs"]
        return {each["OutputKey"]: each["OutputValue"] for each in found}


@pytest.fixture(scope="module")
def user(server: RunningServer) -> StackUser:
    return StackUser(server, profile=PROFILE)


@pytest.fixture(scope="module")
def app(user: StackUser, tools: Toolbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = copy_example("sam", tmp_path_factory.mktemp("sam"))
    app = App(user=user, tools=tools, folder=folder)
    succeed(app.sam("build", *app.parameters("Enforce")))
    succeed(app.sam("deploy", *app.parameters("Enforce")))
    yield app
    succeed(app.sam("delete", "--no-prompts", "--stack-name", "greeter", "--region", "us-east-1"))
    assert [each["StackName"] for each in user.stacks.describe_stacks()["Stacks"]] == ["aws-sam-cli-managed-default"]


def succeed(told: Told) -> str:
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


def test_what_the_example_deploys_is_signed(app: App) -> None:
    found = app.user.lambda_.get_function(FunctionName=app.outputs["Greeter"])["Configuration"]
    assert found["SigningProfileVersionArn"] == app.user.publisher
    assert [layer["SigningProfileVersionArn"] for layer in found["Layers"]] == [app.user.publisher]
    assert app.outputs["Live"].endswith(":live")


def test_it_is_invoked_by_its_logical_id(app: App) -> None:
    told = app.sam("remote", "invoke", "Greeter", "--stack-name", "greeter", "--event", '{"name": "you"}')
    assert json.loads(succeed(told)) == "Hello, you"


def test_its_lines_are_found_in_its_logs(app: App) -> None:
    succeed(app.sam("remote", "invoke", "Greeter", "--stack-name", "greeter"))
    assert "REPORT RequestId" in succeed(app.sam("logs", "--name", "Greeter", "--stack-name", "greeter"))


def test_its_resources_are_listed(app: App) -> None:
    listed = json.loads(succeed(app.sam("list", "resources", "--stack-name", "greeter", "--output", "json")))
    assert {"Config", "Greeter", "GreeterAliaslive", "GreeterRole"} <= {each["LogicalResourceId"] for each in listed}


def test_its_outputs_are_listed(app: App) -> None:
    listed = json.loads(succeed(app.sam("list", "stack-outputs", "--stack-name", "greeter", "--output", "json")))
    assert {each["OutputKey"] for each in listed} == {"Greeter", "Live"}


def test_its_functions_have_no_endpoints(app: App) -> None:
    listed = json.loads(succeed(app.sam("list", "endpoints", "--stack-name", "greeter", "--output", "json")))
    assert [(each["LogicalResourceId"], each["CloudEndpoint"]) for each in listed] == [("Greeter", "-")]


def test_nothing_changed_is_no_error_where_that_is_asked(app: App) -> None:
    told = app.sam("deploy", "--no-fail-on-empty-changeset", "--force-upload", *app.parameters("Enforce"))
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize(
    ("policy", "options", "status"),
    [
        pytest.param("Enforce", SIGNED, "CREATE_COMPLETE", id="signed, under Enforce"),
        pytest.param("Enforce", (), "ROLLBACK_COMPLETE", id="unsigned, under Enforce"),
        pytest.param("Warn", (), "CREATE_COMPLETE", id="unsigned, under Warn"),
        pytest.param("Warn", SIGNED, "CREATE_COMPLETE", id="signed, under Warn"),
    ],
)
def test_signed_or_not_under_either_policy(app: App, policy: str, options: tuple[str, ...], status: str) -> None:
    name = "matrix"

    told = app.deploy(name, policy, *options)

    assert (told.returncode == 0) == (status == "CREATE_COMPLETE"), told.stdout + told.stderr
    assert app.user.describe(name)["StackStatus"] == status
    if told.returncode != 0:
        reason = app.user.reasons(name, "CREATE_FAILED")["Greeter"]
        assert reason.startswith('Resource handler returned message: "Lambda cannot deploy the function.')
    assert app.user.delete(name) == "DELETE_COMPLETE"


def test_a_guided_deployment_asks_who_signs_and_remembers_the_answers(app: App) -> None:
    answers = ["guided", "", app.user.publisher, "", "", "n", "y", "n", "y", PROFILE, "", PROFILE, "", "y", "", ""]

    told = app.tools.sam(
        "deploy", "--guided", "--config-env", "guided", folder=app.folder, answers="\n".join(answers) + "\n"
    )

    assert told.returncode == 0, told.stdout + told.stderr
    assert f'signing_profiles = "Greeter={PROFILE} Words={PROFILE}"' in (app.folder / "samconfig.toml").read_text()
    assert app.user.delete("guided") == "DELETE_COMPLETE"


def test_packages_are_signed_without_being_deployed(app: App) -> None:
    app.sam("package", "--s3-bucket", BUCKET, *SIGNED, "--output-template-file", "packaged.json", "--use-json")

    packaged: dict[str, Any] = json.loads((app.folder / "packaged.json").read_text())
    resources = packaged["Resources"]
    for uri in (resources["Greeter"]["Properties"]["CodeUri"], resources["Words"]["Properties"]["ContentUri"]):
        assert uri.startswith(f"s3://{BUCKET}/")
        assert "/signed_" in uri


def test_the_code_of_a_nested_stack_is_signed_by_sealgate(app: App) -> None:
    signing = ("--profile", PROFILE, "--bucket", BUCKET, "--require-all", "--data", app.tools.data)
    succeed(app.tools.sealgate("package", "nested.yaml", *signing, "--output", "signed.yaml", folder=app.folder))

    succeed(
        app.sam(
            *("deploy", "--config-env", "none", "--template-file", "signed.yaml", "--stack-name", "nested"),
            *("--s3-bucket", BUCKET, "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"),
            *("--parameter-overrides", f"Publisher={app.user.publisher}"),
        )
    )

    (output,) = app.user.describe("nested")["Outputs"]
    found = app.user.lambda_.get_function_configuration(FunctionName=output["OutputValue"])
    assert found["SigningProfileVersionArn"] == app.user.publisher
    succeed(app.sam("delete", "--no-prompts", "--stack-name", "nested", "--region", "us-east-1"))
