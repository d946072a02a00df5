"""The README's commands of `sam` and `cdk`, run as they stand."""

from __future__ import annotations

import subprocess

import pytest

from tests.support.readme import blocks
from tests.support.stack_user import StackUser
from tests.support.tools import Toolbox, copy_example


@pytest.mark.slow
def test_what_the_readme_deploys_is_signed(user: StackUser, tools: Toolbox) -> None:
    folder = tools.data.parent
    for name in ("cloudformation", "sam", "cdk"):
        copy_example(name, folder / "examples")

    done = subprocess.run(
        ["bash", "-euc", "".join(blocks("tools"))],
        cwd=folder,
        env=tools.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    functions = user.lambda_.list_functions()["Functions"]
    assert [each["FunctionName"].split("-")[0] for each in functions] == ["Greeter", "greeter"]
    assert all("SigningJobArn" in each for each in functions)
