"""Commands as real processes, in an environment that holds nothing of the user's."""

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sealgate.cli.dispatch import dispatch

AWS = Path(sys.executable).parent / "aws"


def clean_environment() -> dict[str, str]:
    """Answer this process's environment without anything that steers AWS clients or Sealgate."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "SEALGATE_")) and not name.lower().endswith("_proxy")
    }
    if kept.pop("PYTHONDONTWRITEBYTECODE", None):
        # Each process would compile all that it loads; let the first one's work serve the rest of this run.
        kept["PYTHONPYCACHEPREFIX"] = _bytecode_folder().name
    return kept | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_PAGER": "",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@cache
def _bytecode_folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="sealgate-bytecode-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a command said, and its exit status; named as `subprocess` names them."""

    returncode: int
    stdout: str
    stderr: str


def dispatch_sealgate(*arguments: str | Path, folder: Path) -> Told:
    """Run `sealgate` in this process: the same but for what comes before its arguments are read."""
    stdout, stderr = io.StringIO(), io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        status = dispatch([str(argument) for argument in arguments])
    return Told(returncode=status, stdout=stdout.getvalue(), stderr=stderr.getvalue())


def run_sealgate(
    *arguments: str | Path, folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `sealgate` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "sealgate", *arguments],
        cwd=folder,
        env=clean_environment() | dict(environment or {}),
        capture_output=True,
        text=True,
        check=False,
    )


def run_aws(
    *arguments: str | Path, environment: Mapping[str, str], folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the stock `aws` command line to its end."""
    return subprocess.run(
        [AWS, *arguments], cwd=folder, env=dict(environment), capture_output=True, text=True, check=False
    )


def evaluate(shell_code: str, *, environment: Mapping[str, str]) -> dict[str, str]:
    """Answer the environment that a POSIX shell has after evaluating code."""
    told = subprocess.run(
        ["/bin/sh", "-c", f"{shell_code}\nenv -0"], env=dict(environment), capture_output=True, text=True, check=True
    )
    return dict(line.split("=", 1) for line in told.stdout.split("\0") if line)
