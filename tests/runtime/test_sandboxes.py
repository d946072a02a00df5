"""Which sandbox there is, and what is said where there is none."""

from pathlib import Path

import pytest

from sealgate.config import SANDBOXES
from sealgate.runtime.errors import SandboxUnavailable
from sealgate.runtime.sandboxes import find_sandbox

FAILING = """#!/bin/sh
echo "bwrap: setting up uid map: Permission denied" >&2
exit 1
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `bwrap` that comes first on the PATH."""
    program = tmp_path / "bwrap"
    monkeypatch.setenv("PATH", str(tmp_path))
    return program


def test_each_sandbox_works_on_this_machine() -> None:
    # Where this fails, the message says what to install or to allow.
    assert [find_sandbox(name).name for name in SANDBOXES] == list(SANDBOXES)


def test_a_sandbox_that_does_not_work_is_told_with_what_to_do(program: Path) -> None:
    program.write_text(FAILING)
    program.chmod(0o755)
    with pytest.raises(SandboxUnavailable, match=r"uid map: Permission denied.*user namespaces may be forbidden"):
        find_sandbox.__wrapped__("bubblewrap")


def test_a_program_that_is_none_is_told(program: Path) -> None:
    program.write_text("not a program")
    program.chmod(0o755)
    with pytest.raises(SandboxUnavailable, match="cannot be run"):
        find_sandbox.__wrapped__("bubblewrap")
