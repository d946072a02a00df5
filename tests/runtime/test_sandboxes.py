"""Which sandbox there is, and what is said where there is none."""

from pathlib import Path

import pytest

from sealgate.config import SANDBOXES
from sealgate.runtime.errors import SandboxUnavailable
from sealgate.runtime.sandboxes import find_bubblewrap, find_sandbox

FAILING = """#!/bin/sh
echo "bwrap: setting up uid map: Permission denied" >&2
exit 1
"""


def write(folder: Path, text: str) -> Path:
    program = folder / "bwrap"
    program.write_text(text)
    program.chmod(0o755)
    return program


def test_each_sandbox_works_on_this_machine() -> None:
    # Where this fails, the message says what to install or to allow.
    assert [find_sandbox(name).name for name in SANDBOXES] == list(SANDBOXES)


def test_a_sandbox_that_does_not_work_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SandboxUnavailable, match=r"uid map: Permission denied.*user namespaces may be forbidden"):
        find_bubblewrap([write(tmp_path, FAILING)])


def test_a_program_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(SandboxUnavailable, match="cannot be run"):
        find_bubblewrap([write(tmp_path, "not a program")])


def test_a_host_without_the_program_is_told_where_it_comes_from() -> None:
    with pytest.raises(SandboxUnavailable, match=r"install bubblewrap 0\.7 or later, or `pip install"):
        find_bubblewrap([])


def test_one_that_works_is_taken_where_another_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, FAILING)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_sandbox.__wrapped__("bubblewrap").name == "bubblewrap"
