"""Which runtimes are found."""

import sys
from pathlib import Path

import pytest

from sealgate.runtime.errors import RuntimeUnavailable
from sealgate.runtime.interpreters import Interpreters
from tests.support.running import NODE, PYTHON

SAYS = """#!/bin/sh
[ "$1" = -I ] && exec {python} "$@"
exit 1
"""


def test_the_servers_own_version_is_there_with_the_interface_client(tmp_path: Path) -> None:
    found = Interpreters(tmp_path).find(PYTHON)
    assert (found.kind, found.name) == ("python", PYTHON)
    assert found.prefix is not None
    assert found.executable is not None
    assert found.executable.is_relative_to(found.prefix)
    assert {"awslambdaric", "simplejson", "boto3"} <= {path.name for path in found.packages}


def test_node_is_found_by_its_major_version(tmp_path: Path) -> None:
    found = Interpreters(tmp_path).find(NODE)
    assert (found.kind, found.name) == ("node", "node22")
    with pytest.raises(
        RuntimeUnavailable, match=r"runtime nodejs99\.x: this host has node v.*, and version 99 is needed"
    ):
        Interpreters(tmp_path).find("nodejs99.x")


@pytest.mark.parametrize("runtime", ["java21", "python2.7", "go1.x", "nodejs", "ruby3.3", "", "python3.13x"])
def test_what_is_not_run_here_is_told(tmp_path: Path, runtime: str) -> None:
    with pytest.raises(RuntimeUnavailable, match=f"runtime {runtime}: functions run here under python3.X, nodejsX.x, "):
        Interpreters(tmp_path).find(runtime)


def test_another_python_is_described_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The interpreter at hand, called by another version's name, is not that version.
    program = tmp_path / "bin" / "python3.99"
    program.parent.mkdir()
    program.write_text(SAYS.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    with pytest.raises(RuntimeUnavailable, match=r"runtime python3\.99: this host has no python3\.99 on its PATH"):
        Interpreters(tmp_path).find("python3.99")


def test_another_python_has_its_client_in_a_folder(tmp_path: Path) -> None:
    interpreters = Interpreters(tmp_path)
    described = interpreters._client_for
    description = type("Description", (), {"packages": {}})()
    with pytest.raises(
        RuntimeUnavailable, match=r"install it with `pip install --target .*python3\.12 --python-version"
    ):
        described("python3.12", description)
    (tmp_path / "python3.12" / "awslambdaric").mkdir(parents=True)
    assert described("python3.12", description) == (tmp_path / "python3.12" / "awslambdaric",)
