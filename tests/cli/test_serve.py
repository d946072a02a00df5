"""`sealgate serve` and `sealgate revocations` as processes on one data folder."""

import json
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest

from sealgate.clock import system_clock
from sealgate.trust.revocation import parse_revocation_list
from sealgate.trust.roots import TrustRoots, parse_root
from tests.support.command_line import clean_environment, run_sealgate

WAIT_SECONDS = 30


@contextmanager
def serving(data: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a server; answer its process and the address that it printed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sealgate", "serve", "--port", "0", "--data", data],
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().removeprefix("listening on ").rstrip("\n")
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that a server has run on, been asked something, and left cleanly."""
    data = tmp_path_factory.mktemp("served") / "data"
    with serving(data) as (process, url):
        with urlopen(f"{url}/_sealgate/health") as answer:  # noqa: S310 - the address is our own
            assert json.load(answer)["status"] == "ok"
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_SECONDS) == 0
    return data


def test_only_its_owner_can_read_what_the_first_start_made(served: Path) -> None:
    assert stat.S_IMODE(served.stat().st_mode) == 0o700
    assert stat.S_IMODE((served / "credentials.json").stat().st_mode) == 0o600


def test_a_second_server_on_the_same_folder_is_refused(served: Path) -> None:
    with serving(served):
        told = run_sealgate("serve", "--port", "0", "--data", served)

    assert told.returncode == 2
    assert "another server uses it" in told.stderr


def test_the_revocation_list_is_signed_by_the_folder_s_authority(served: Path, tmp_path: Path) -> None:
    told = run_sealgate("revocations", "--data", served, "-o", tmp_path / "list.json", "--valid-days", "3")

    roots = TrustRoots(roots=(parse_root((served / "authority" / "root.pem").read_bytes(), name="root"),))
    listed = parse_revocation_list((tmp_path / "list.json").read_bytes(), roots=roots, at=system_clock())
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
    assert listed.revocations.next_update - listed.revocations.issued_at == timedelta(days=3)
    assert [path.name for path in tmp_path.iterdir()] == ["list.json"]


def test_the_revocation_list_goes_to_stdout_unless_told_otherwise(served: Path) -> None:
    told = run_sealgate("revocations", "--data", served)

    assert set(json.loads(told.stdout)) == {"list", "signature"}


@pytest.mark.parametrize(
    ("arguments", "talk"),
    [
        (("--data", "nothing"), "nothing is no data folder; a server makes one when it starts"),
        (("--valid-days", "0"), "--valid-days 0: must be from 1 to 3650"),
    ],
    ids=["no data folder", "no time"],
)
def test_a_list_that_cannot_be_made_is_told(tmp_path: Path, arguments: tuple[str, ...], talk: str) -> None:
    told = run_sealgate("revocations", *arguments, folder=tmp_path)

    assert told.returncode == 2
    assert told.stderr == f"sealgate: error: {talk}\n"
    assert not list(tmp_path.iterdir())
