"""`sealgate gate` beside a running server: what it decides is what the server decides."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sealgate.store.folder import DataFolder
from tests.cli.test_keys import PUBLISHER, ROLE, Pipeline
from tests.support.command_line import Told, dispatch_sealgate
from tests.support.running import PYTHON
from tests.support.server import RunningServer, running_server
from tests.support.signing import make_package

MODES = ("Warn", "Enforce")
PACKAGES = {
    "signed": (None, None),
    "unsigned": ("MISMATCH", "CodeVerificationFailedException"),
    "foreign": ("MISMATCH", "CodeVerificationFailedException"),
    "revoked": ("REVOKED", "CodeVerificationFailedException"),
    "altered": ("INTEGRITY", "CodeVerificationFailedException"),
    "unvouched": ("INTEGRITY", "CodeVerificationFailedException"),
    "cut": ("INTEGRITY", "CodeVerificationFailedException"),
    "text": ("INTEGRITY", "InvalidParameterValueException"),
    "slip": ("INTEGRITY", "InvalidParameterValueException"),
}
"""What is wrong with each package: the check that fails under Enforce, and what the server answers then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A server, and a folder with its data folder `data`, its root, its revocation list and packages.

    Attributes:
        configs: The ARN of a code signing config for each policy.
    """

    server: RunningServer
    folder: Path
    configs: dict[str, str]

    def run(self, *arguments: str | Path) -> Told:
        return dispatch_sealgate("gate", *arguments, folder=self.folder)

    def judge(self, name: str, mode: str, *arguments: str | Path) -> Any:
        """Answer what the JSON report says of a package."""
        told = self.run(f"{name}.zip", "--config", self.configs[mode], *arguments, "--format", "json")
        report = json.loads(told.stdout)
        assert told.returncode == (0 if report["letIn"] else 1)
        assert report["policy"] == mode
        return report["packages"][0]


class House(Pipeline):
    """What there is to sign with, and what comes of it."""

    def prepare(self) -> None:
        super().prepare()
        publisher = self.signer.get_signing_profile(profileName="app")["profileVersionArn"]
        made = self.lambda_.create_code_signing_config(AllowedPublishers={"SigningProfileVersionArns": [publisher]})
        self.configs = {"Enforce": self.config, "Warn": made["CodeSigningConfig"]["CodeSigningConfigArn"]}

    def make_packages(self, data: Path) -> dict[str, bytes]:
        signed, revoked, unvouched = (self.sign(make_package(f"{name}.py")) for name in ("a", "b", "c"))
        jobs = [job["jobId"] for job in self.signer.list_signing_jobs()["jobs"]]  # the newest first
        self.signer.revoke_signature(jobId=jobs[1], reason="stolen")
        with sqlite3.connect(DataFolder(data).database) as database:
            database.execute("UPDATE jobs SET signing_time = signing_time + 1000000 WHERE job_id = ?", (jobs[0],))
        database.close()
        self.signer.put_signing_profile(**PUBLISHER | {"profileName": "other"})
        return {
            "signed": signed,
            "unsigned": make_package("a.py"),
            "foreign": self.sign(make_package("d.py"), "other"),
            "revoked": revoked,
            "altered": signed[:40] + bytes([signed[40] ^ 1]) + signed[41:],
            "unvouched": unvouched,
            "cut": signed[:-10],
            "text": b"this is text",
            "slip": make_package("../slip.py"),
        }


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("scene")
    with running_server(folder / "data") as server:
        house = House(server, 0)
        house.prepare()
        for name, package in house.make_packages(folder / "data").items():
            (folder / f"{name}.zip").write_bytes(package)
        (folder / "root.pem").write_bytes(DataFolder(folder / "data").root_certificate.read_bytes())
        told = dispatch_sealgate("revocations", "--data", "data", "-o", "revoked.json", folder=folder)
        assert told.returncode == 0
        yield Scene(server=server, folder=folder, configs=house.configs)


NUMBERS = count()


def deploy(scene: Scene, name: str, mode: str) -> str | None:
    """Try to deploy a package; answer the error's code, if there is one."""
    try:
        scene.server.client("lambda").create_function(
            FunctionName=f"app-{next(NUMBERS)}",
            Runtime=PYTHON,
            Role=ROLE,
            Handler="handler.handler",
            Code={"ZipFile": (scene.folder / f"{name}.zip").read_bytes()},
            CodeSigningConfigArn=scene.configs[mode],
        )
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", PACKAGES)
def test_the_gate_decides_as_the_server(scene: Scene, name: str, mode: str) -> None:
    kind, code = PACKAGES[name]
    lets_in = kind is None or (mode == "Warn" and kind != "INTEGRITY")

    found = scene.judge(name, mode, "--data", "data")

    assert found["reason"] == kind
    assert deploy(scene, name, mode) == (None if lets_in else code)
    assert found["outcome"] == ("ALLOW" if kind is None else "WARN" if lets_in else "DENY")


@pytest.mark.parametrize("name", ["signed", "foreign", "revoked", "altered"])
def test_with_the_root_and_the_list_of_revocations_it_decides_the_same(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for variable, value in scene.server.environment().items():
        monkeypatch.setenv(variable, value)
    found = scene.judge(name, "Enforce", "--trust", "root.pem", "--revocations", "revoked.json")
    assert found["reason"] == PACKAGES[name][0]


def test_whether_a_job_vouches_is_known_by_the_data_folder_alone(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in scene.server.environment().items():
        monkeypatch.setenv(variable, value)
    found = scene.judge("unvouched", "Enforce", "--trust", "root.pem", "--revocations", "revoked.json")
    told = {each["check"]: each["status"] for each in found["checks"]}
    assert (found["outcome"], told["record"]) == ("ALLOW", "not checked")
    found = scene.judge("signed", "Enforce", "--data", "data")
    assert {each["check"]: each["status"] for each in found["checks"]}["record"] == "passed"


def test_a_server_may_be_named(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in scene.server.environment().items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    found = scene.judge("signed", "Enforce", "--data", "data", "--endpoint", scene.server.url)
    assert found["outcome"] == "ALLOW"


def unknown(arn: str) -> str:
    return arn[:-1] + ("0" if arn[-1] != "0" else "1")


def test_a_config_that_is_not_there_is_told(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = unknown(scene.configs["Warn"])
    for variable, value in scene.server.environment().items():
        monkeypatch.setenv(variable, value)
    for source in (("--data", "data"), ("--trust", "root.pem")):
        told = scene.run("signed.zip", "--config", arn, *source)
        assert (told.returncode, told.stdout) == (2, "")
        assert told.stderr == f"sealgate: error: there is no code signing config {arn}\n"


def test_a_config_of_another_account_is_not_answered(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in scene.server.environment().items():
        monkeypatch.setenv(variable, value)
    arn = scene.configs["Warn"].replace(":000000000000:", ":111111111111:")
    told = scene.run("signed.zip", "--config", arn, "--trust", "root.pem")
    assert (told.returncode, told.stdout) == (2, "")


@pytest.mark.parametrize(
    ("variable", "value", "error"),
    [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1", "Could not connect to the endpoint URL"),
        ("AWS_ENDPOINT_URL", "nonsense", "Invalid endpoint: nonsense"),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE", "(UnrecognizedClientException)"),
    ],
    ids=["nobody listens", "no address", "unknown credentials"],
)
def test_a_server_that_cannot_be_asked_ends_with_2(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, error: str
) -> None:
    environment = scene.server.environment() | {"AWS_MAX_ATTEMPTS": "1", variable: value}
    for name, setting in environment.items():
        monkeypatch.setenv(name, setting)
    told = scene.run("signed.zip", "--config", scene.configs["Warn"], "--trust", "root.pem")
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith("sealgate: error: lambda")
    assert error in told.stderr


class Odd(BaseHTTPRequestHandler):
    """Answers every request with the same body, which is none of Lambda's."""

    body = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def odd_server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Odd) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'{"CodeSigningConfig": {}}', b'{"CodeSigningConfig": {"AllowedPublishers": "x"}}']
)
def test_what_is_no_answer_of_the_api_ends_with_2(
    scene: Scene, odd_server: str, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    monkeypatch.setattr(Odd, "body", body)
    for variable, value in scene.server.environment().items():
        monkeypatch.setenv(variable, value)
    told = scene.run("signed.zip", "--config", scene.configs["Warn"], "--trust", "root.pem", "--endpoint", odd_server)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith("sealgate: error: lambda get-code-signing-config: the answer ")
