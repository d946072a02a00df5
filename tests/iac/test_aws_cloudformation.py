"""`aws cloudformation`, unmodified: the example is packaged, deployed, waited for and deleted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.command_line import Told
from tests.support.stack_user import BUCKET, StackUser
from tests.support.tools import Toolbox, copy_example

pytestmark = pytest.mark.slow


@dataclass(frozen=True, kw_only=True)
class App:
    """A copy of the example, and who deploys it."""

    user: StackUser
    tools: Toolbox
    folder: Path

    def aws(self, *arguments: str) -> Told:
        """Run a command of `aws cloudformation`."""
        return self.tools.aws("cloudformation", *arguments, folder=self.folder)

    def deploy(self, name: str, template: str, *parameters: str) -> Told:
        return self.aws(
            *("deploy", "--stack-name", name, "--template-file", template, "--capabilities", "CAPABILITY_IAM"),
            *(("--parameter-overrides", *parameters) if parameters else ()),
        )


@pytest.fixture
def app(user: StackUser, tools: Toolbox, tmp_path: Path) -> App:
    folder = copy_example("cloudformation", tmp_path)
    return App(user=user, tools=tools, folder=folder)


def succeed(told: Told) -> str:
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


def test_the_example_is_deployed_unsigned_under_warn_and_only_signed_under_enforce(app: App) -> None:
    succeed(app.deploy("publisher", "publisher.yaml", "Policy=Warn"))
    succeed(
        app.aws("package", "--template-file", "app.yaml", "--s3-bucket", BUCKET, "--output-template-file", "plain.yaml")
    )
    succeed(app.deploy("app", "plain.yaml"))
    worker = app.user.describe("app")["Outputs"][1]["OutputValue"]
    assert "SigningJobArn" not in app.user.lambda_.get_function_configuration(FunctionName=worker)
    app.user.delete("app")

    succeed(app.deploy("publisher", "publisher.yaml", "Policy=Enforce"))
    refused = app.deploy("app", "plain.yaml")
    assert refused.returncode == 255, refused.stdout + refused.stderr
    assert app.user.describe("app")["StackStatus"] == "ROLLBACK_COMPLETE"
    app.user.delete("app")

    signing = ("--profile", "greeter", "--bucket", BUCKET, "--output", "signed.yaml", "--data", app.tools.data)
    succeed(app.tools.sealgate("package", "app.yaml", *signing, folder=app.folder))
    succeed(app.deploy("app", "signed.yaml"))
    outputs = [each["OutputValue"] for each in app.user.describe("app")["Outputs"]]
    for name in outputs:
        assert app.user.lambda_.get_function_configuration(FunctionName=name)["SigningJobArn"]
    succeed(app.aws("delete-stack", "--stack-name", "app"))
    succeed(app.aws("wait", "stack-delete-complete", "--stack-name", "app"))


def test_a_template_is_judged_before_anything_is_made(app: App) -> None:
    (app.folder / "queue.yaml").write_text("Resources: {Queue: {Type: 'AWS::SQS::Queue'}}\n")

    refused = app.deploy("queue", "queue.yaml")

    assert refused.returncode == 255
    assert "AWS::SQS::Queue" in refused.stderr
