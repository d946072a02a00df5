"""`sealgate serve` and `sealgate revocations` as processes on one data folder."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import boto3
import pytest

from sealgate.clock import system_clock
from sealgate.store.folder import DataFolder
from sealgate.trust.revocation_list import parse_revocation_list
from sealgate.trust.roots import TrustRoots, parse_root
from tests.support.command_line import clean_environment, dispatch_sealgate, run_sealgate

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
        umask=0,
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
    public = {path for path in served.rglob("*.pem") if path.parent.name == "authority"}
    secret = [served, *(path for path in served.rglob("*") if path not in public)]

    assert {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in secret} == {
        path.name: "0o700" if path.is_dir() else "0o600" for path in secret
    }


@pytest.fixture
def upload(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], socket.socket]]:
    """A server of its own, and an upload to it that lacks its last byte."""
    data = tmp_path / "data"
    with serving(data) as (process, url):
        root = DataFolder(data).read_credentials()
        s3 = boto3.client(
            "s3",
            endpoint_url=url,
            region_name=root.region,
            aws_access_key_id=root.access_key_id,
            aws_secret_access_key=root.secret_access_key,
        )
        s3.create_bucket(Bucket="packages")
        link = urlsplit(s3.generate_presigned_url("put_object", Params={"Bucket": "packages", "Key": "slow"}))
        head = f"PUT {link.path}?{link.query} HTTP/1.1\r\nHost: {link.netloc}\r\nExpect: 100-continue\r\n"
        with socket.create_connection((link.hostname, link.port)) as connection:
            connection.sendall(f"{head}Content-Length: 2\r\n\r\n".encode())
            assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")  # the server waits for the body
            connection.sendall(b"a")
            yield process, connection


def read_log(process: subprocess.Popen[str], until: str) -> str:
    assert process.stderr is not None
    return next(line for line in process.stderr if until in line)


def test_sigterm_lets_a_request_under_way_finish(upload: tuple[subprocess.Popen[str], socket.socket]) -> None:
    process, connection = upload
    process.send_signal(signal.SIGTERM)
    read_log(process, "stopping")
    process.send_signal(signal.SIGTERM)  # as service managers may do

    connection.sendall(b"b")

    assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
    assert process.wait(WAIT_SECONDS) == 0


def test_a_signal_may_come_while_another_is_handled() -> None:
    script = """\
import os, signal, sys
from sealgate.server.process import requests_to_stop

def interrupt(frame, event, argument):
    global left
    if left:
        left -= 1
        signal.raise_signal(signal.SIGTERM)
    return interrupt

left, stopping = 50, requests_to_stop()
sys.settrace(interrupt)
signal.raise_signal(signal.SIGTERM)
sys.settrace(None)
os.read(stopping, 1)
"""
    told = subprocess.run([sys.executable, "-c", script], env=clean_environment(), timeout=WAIT_SECONDS, check=False)
    assert told.returncode == 0


def test_a_signal_may_come_to_any_thread() -> None:
    script = """\
import os, signal, threading
from sealgate.server.process import requests_to_stop

def interrupt():
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

stopping = requests_to_stop()
threading.Timer(0.2, interrupt).start()
os.read(stopping, 1)
"""
    told = subprocess.run([sys.executable, "-c", script], env=clean_environment(), timeout=WAIT_SECONDS, check=False)
    assert told.returncode == 0


def test_a_second_sigint_does_not_wait(upload: tuple[subprocess.Popen[str], socket.socket]) -> None:
    process, _ = upload
    process.send_signal(signal.SIGINT)
    assert "Ctrl-C ends them" in read_log(process, "stopping")

    process.send_signal(signal.SIGINT)

    assert process.wait(WAIT_SECONDS) == -signal.SIGINT


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


def test_a_pipe_is_written_to_and_not_replaced(served: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        read = pool.submit(pipe.read_bytes)
        told = dispatch_sealgate("revocations", "--data", served, "-o", pipe, folder=tmp_path)

    assert told.returncode == 0
    assert set(json.loads(read.result())) == {"list", "signature"}
    assert pipe.is_fifo()


@pytest.mark.parametrize(("output", "says"), [("none/list.json", "No such file or directory"), (".", "Is a directory")])
def test_a_list_that_cannot_be_written_is_told(served: Path, tmp_path: Path, output: str, says: str) -> None:
    told = dispatch_sealgate("revocations", "--data", served, "-o", output, folder=tmp_path)

    assert (told.returncode, told.stderr) == (2, f"sealgate: error: {output}: {says}\n")
    assert not list(tmp_path.iterdir())


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
