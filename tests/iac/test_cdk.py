"""`cdk`, unmodified: the examples, in Python and in TypeScript, are bootstrapped, deployed, signed and destroyed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.command_line import Told
from tests.support.server import RunningServer
from tests.support.stack_user import BUCKET, StackUser
from tests.support.tools import EXAMPLES, Toolbox, copy_example

pytestmark = pytest.mark.slow


@dataclass(frozen=True, kw_only=True)
class App:
    """A copy of the example in a bootstrapped account, and who deploys it."""

    user: StackUser
    tools: Toolbox
    folder: Path

    def cdk(self, command: str, *arguments: str) -> Told:
        return self.tools.cdk(command, *arguments, "--no-notices", folder=self.folder)

    def synthesise(self, policy: str) -> str:
        """Write the assembly of the app; answer its folder."""
        output = f"{policy}.out"
        succeed(self.cdk("synth", "--quiet", "--output", output, "--context", f"policy={policy}"))
        return output

    def deploy(self, assembly: str, *stacks: str) -> Told:
        return self.cdk("deploy", "--app", assembly, *stacks)

    def output(self, stack: str, key: str) -> str:
        (value,) = (e["OutputValue"] for e in self.user.describe(stack)["Outputs"] if e["OutputKey"] == key)
        return str(value)

    def job_of_function(self) -> str | None:
        """Answer which job has signed the deployed function's code."""
        name = self.output("Greeter", "Name")
        found: str | None = self.user.lambda_.get_function_configuration(FunctionName=name).get("SigningJobArn")
        return found

    def stack_names(self) -> list[str]:
        return [each["StackName"] for each in self.user.stacks.describe_stacks()["Stacks"]]


@pytest.fixture(scope="module", params=["cdk", "cdk-typescript"])
def app(
    request: pytest.FixtureRequest,
    server: RunningServer,
    user: StackUser,
    tools: Toolbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> App:
    folder = copy_example(request.param, tmp_path_factory.mktemp("cdk"))
    app = App(user=user, tools=tools, folder=folder)
    where = ("--template", EXAMPLES / "cdk" / "bootstrap.yaml", f"aws://{server.credentials.account}/us-east-1")
    succeed(tools.cdk("bootstrap", *where, folder=folder.parent))  # where there is no app, which would be synthesised
    return app


def succeed(told: Told) -> str:
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


def test_unsigned_code_is_deployed_under_warn(app: App) -> None:
    assembly = app.synthesise("Warn")

    succeed(app.deploy(assembly, "--all"))

    assert app.job_of_function() is None
    told = app.cdk("diff", "--app", assembly, "--fail")
    assert told.returncode == 0, told.stdout + told.stderr
    succeed(app.cdk("destroy", "--app", assembly, "--all", "--force"))
    assert app.stack_names() == ["CDKToolkit"]


def test_code_is_deployed_under_enforce_once_its_assembly_is_signed(app: App) -> None:
    assembly = app.synthesise("Enforce")
    succeed(app.deploy(assembly, "Publisher"))
    refused = app.deploy(assembly, "Greeter")
    assert refused.returncode == 1
    assert "Lambda cannot deploy the function" in refused.stdout + refused.stderr

    profile = app.output("Publisher", "ProfileName")
    signing = ("--profile", profile, "--bucket", BUCKET, "--require-all", "--data", app.tools.data)
    succeed(app.tools.sealgate("package", assembly, *signing, folder=app.folder))
    succeed(app.deploy(assembly, "Greeter"))

    assert app.job_of_function()
    succeed(app.cdk("destroy", "--app", assembly, "--all", "--force"))


def test_the_example_in_typescript_has_the_types_that_it_says(tools: Toolbox, tmp_path: Path) -> None:
    told = tools.tsc("--project", copy_example("cdk-typescript", tmp_path), folder=tmp_path)
    assert told.returncode == 0, told.stdout
