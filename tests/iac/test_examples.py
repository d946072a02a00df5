"""The templates of the examples, as AWS's own linter sees them."""

import subprocess

import pytest

from tests.support.tools import EXAMPLES, TOOLS

TEMPLATES = sorted(path for name in ("cdk", "cloudformation", "sam") for path in (EXAMPLES / name).glob("*.yaml"))
TO_BE_PACKAGED = "W3002"


@pytest.mark.slow
def test_cfn_lint_has_nothing_to_say_but_that_local_code_is_to_be_packaged() -> None:
    done = subprocess.run(
        [TOOLS / "cfn-lint", "--ignore-checks", TO_BE_PACKAGED, "--", *TEMPLATES],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")
