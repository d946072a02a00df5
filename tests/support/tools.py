"""The tools that deploy stacks (`sam`, `cdk`, `cfn-lint`), in an environment that `make test-all` sets up."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.command_line import AWS, Told

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
TOOLS = ROOT / ".tools" / "bin"

_RUNTIME = "python3.13"
"""What the examples say."""
_QUIET = {
    "CDK_DISABLE_CLI_TELEMETRY": "true",
    "CDK_DISABLE_VERSION_CHECK": "true",
    "CI": "true",
    "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "true",
    "SAM_CLI_POLL_DELAY": "1",
    "SAM_CLI_TELEMETRY": "0",
}
"""Nobody is told anything, nothing is asked, and events are looked at every second."""


def copy_example(name: str, folder: Path) -> Path:
    """Copy an example, for the Python that runs this; answer where the copy is."""
    copy = folder / name
    shutil.copytree(EXAMPLES / name, copy)
    for template in copy.glob("*.yaml"):
        template.write_text(template.read_text().replace(_RUNTIME, f"python3.{sys.version_info.minor}"))
    if (copy / "package.json").exists():
        (copy / "node_modules").symlink_to(TOOLS.parent / "node_modules")  # what `npm install` would bring
    return copy


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolbox:
    """The tools, run where one wants them and told of one server.

    Attributes:
        home: What they write for themselves is here.
        data: The server's data folder.
        server: The environment in which clients find the server.
    """

    home: Path
    data: Path
    server: Mapping[str, str]

    def sam(self, *arguments: str | Path, folder: Path, answers: str = "") -> Told:
        """Run `sam` to its end; it is given these answers, a line each, to what it asks."""
        return self._run(TOOLS / "sam", *arguments, folder=folder, answers=answers)

    def cdk(self, *arguments: str | Path, folder: Path) -> Told:
        """Run `cdk` to its end."""
        return self._run(TOOLS / "cdk", *arguments, folder=folder)

    def tsc(self, *arguments: str | Path, folder: Path) -> Told:
        """Run TypeScript's compiler to its end."""
        return self._run(TOOLS / "tsc", *arguments, folder=folder)

    def aws(self, *arguments: str | Path, folder: Path) -> Told:
        """Run `aws` to its end."""
        return self._run(AWS, *arguments, folder=folder)

    def sealgate(self, *arguments: str | Path, folder: Path) -> Told:
        """Run `sealgate` to its end."""
        return self._run(AWS.with_name("sealgate"), *arguments, folder=folder)

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which they run."""
        path = os.pathsep.join([str(TOOLS), str(AWS.parent), self.server["PATH"]])
        return {**self.server, **_QUIET, "PATH": path, "HOME": str(self.home)}

    def _run(self, program: Path, *arguments: str | Path, folder: Path, answers: str = "") -> Told:
        assert program.exists(), f"{program} is missing: `make test-all` sets it up"
        done = subprocess.run(
            [program, *arguments],
            cwd=folder,
            env=self.environment,
            input=answers,
            capture_output=True,
            text=True,
            check=False,
        )
        return Told(returncode=done.returncode, stdout=done.stdout, stderr=done.stderr)
