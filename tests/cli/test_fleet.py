"""`sealgate fleet` and `sealgate impact`, beside a running server."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sealgate.store.folder import DataFolder
from tests.cli.test_keys import ROLE, Pipeline
from tests.support.command_line import Told, dispatch_sealgate, run_sealgate
from tests.support.running import PYTHON
from tests.support.server import RunningServer, running_server
from tests.support.signing import make_package

LONG = "a-function-with-a-name-as-long-as-names-of-functions-may-be-here"


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A server on which something valid, unsigned, revoked and altered is deployed.

    Attributes:
        folder: Has the data folder `data`, and the packages `signed.zip` and `unsigned.zip`.
        revoked_job: The id of a job whose signature is revoked.
        layer: The ARN of a layer version.
    """

    folder: Path
    publisher: str
    revoked_job: str
    layer: str

    def run(self, *arguments: str | Path) -> Told:
        return dispatch_sealgate(*arguments, "--data", "data", folder=self.folder)

    def json(self, *arguments: str | Path) -> Any:
        return json.loads(self.run(*arguments, "--json").stdout)


def prepare(server: RunningServer, folder: Path) -> Deployed:
    house = Pipeline(server, 0)
    house.prepare()
    lambda_, signed, unsigned = house.lambda_, house.sign(make_package("a.py")), make_package("b.py")
    (folder / "signed.zip").write_bytes(signed)
    (folder / "unsigned.zip").write_bytes(unsigned)
    layer = lambda_.publish_layer_version(LayerName="library", Content={"ZipFile": unsigned})["LayerVersionArn"]
    house.deploy("app", signed, house.config)
    lambda_.publish_version(FunctionName="app")
    lambda_.create_alias(FunctionName="app", Name="live", FunctionVersion="1")
    create = {"Runtime": PYTHON, "Role": ROLE, "Handler": "handler.handler"}
    lambda_.create_function(FunctionName="free", Code={"ZipFile": unsigned}, Layers=[layer], **create)
    stolen = house.sign(make_package("c.py"))
    tags = {"sealgate:on-revocation": "Enforce"}
    lambda_.create_function(FunctionName=LONG, Code={"ZipFile": stolen}, Layers=[layer], Tags=tags, **create)
    job = house.signer.list_signing_jobs()["jobs"][0]["jobId"]
    house.signer.revoke_signature(jobId=job, reason="a laptop was stolen \x1b[2J")
    altered = house.sign(make_package("d.py"))
    house.deploy("altered", altered, house.config)
    alter(folder / "data", lambda_.get_function(FunctionName="altered")["Configuration"]["CodeSha256"])
    publisher = house.signer.get_signing_profile(profileName="app")["profileVersionArn"]
    return Deployed(folder=folder, publisher=publisher, revoked_job=job, layer=layer)


def alter(data: Path, code_sha256: str) -> None:
    """Change one bit of a stored package that a call names by its SHA-256."""
    sha256 = base64.b64decode(code_sha256).hex()
    path = DataFolder(data).blobs / sha256[:2] / sha256
    content = bytearray(path.read_bytes())
    content[60] ^= 1
    path.write_bytes(bytes(content))


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("fleet")
    with running_server(folder / "data") as server:
        yield prepare(server, folder)


def test_the_table_tells_of_every_version(deployed: Deployed) -> None:
    told = deployed.run("fleet")
    assert (told.returncode, told.stderr) == (1, "")
    lines = told.stdout.splitlines()
    assert lines[0] == "account 000000000000, region us-east-1"
    assert max(map(len, lines)) <= 100
    rows = [line.split()[:2] for line in lines if line.startswith(("valid", "unsigned", "revoked", "altered"))]
    assert [status for status, _ in rows] == [
        "revoked",
        "unsigned",
        "altered",
        "valid",
        "valid",
        "unsigned",
        "unsigned",
    ]
    assert ["valid", "app:1"] in rows
    assert "a laptop was stolen \\x1b[2J" in " ".join(told.stdout.split())
    assert lines[-1] == "5 versions: 2 valid, 1 unsigned, 1 revoked, 1 altered"


def test_programs_are_told_the_same_in_full(deployed: Deployed) -> None:
    found = deployed.json("fleet")
    assert set(found) == {"judgedAt", "counts", "versions"}
    assert found["counts"] == {"valid": 2, "unsigned": 1, "expired": 0, "revoked": 1, "altered": 1}
    version = next(each for each in found["versions"] if each["version"] == "1")
    assert set(version) == {
        *("arn", "account", "region", "function", "version", "status", "aliases", "code", "layers"),
        *("codeSigningConfigArn", "codeSigningPolicy"),
    }
    arn = "arn:aws:lambda:us-east-1:000000000000:function:app"
    assert (version["arn"], version["status"]) == (f"{arn}:1", "valid")
    assert version["aliases"] == [{"arn": f"{arn}:live", "name": "live", "weight": 1.0}]
    package = {"packageSha256", "profileVersionArn", "jobArn", "status", "details", "signedAt", "expiresAt", "root"}
    assert set(version["code"]) == package
    assert version["code"]["profileVersionArn"] == deployed.publisher
    (layer,) = next(each for each in found["versions"] if each["function"] == "free")["layers"]
    assert set(layer) == {"layerVersionArn", *package}
    assert layer["layerVersionArn"] == deployed.layer


def test_what_is_sound_ends_with_0(deployed: Deployed) -> None:
    told = deployed.run("fleet", "--account", "999999999999")
    assert (told.returncode, told.stdout) == (0, "no versions\n")


def test_what_enforce_would_refuse_is_told_before(deployed: Deployed) -> None:
    told = deployed.run("fleet", "--policy", "Enforce")
    assert told.returncode == 1
    assert max(map(len, told.stdout.splitlines())) <= 100
    assert told.stdout.endswith("4 functions under Enforce: 1 refused, 1 passes, 2 not governed\n")
    functions = {each["function"]: each for each in deployed.json("fleet", "--policy", "Enforce")["functions"]}
    assert {name: (each["outcome"], each["reason"]) for name, each in functions.items()} == {
        LONG: ("not governed", None),
        "altered": ("refused", "INTEGRITY"),
        "app": ("passes", None),
        "free": ("not governed", None),
    }
    (package,) = functions["app"]["packages"]
    assert [each["check"] for each in package["checks"]] == ["integrity", "expiry", "publisher", "revocation"]


def test_what_a_profile_carries_is_told_as_a_table(deployed: Deployed) -> None:
    told = deployed.run("impact", "app")
    assert (told.returncode, told.stderr) == (0, "")
    lines = told.stdout.splitlines()
    assert lines[0] == f"profile version {deployed.publisher}"
    assert max(map(len, lines[1:])) <= 100
    assert ["app:1", "live", "its", "code", "refused", "go", "on,", "recorded"] in [line.split() for line in lines]
    assert lines[-1] == "4 versions of 3 functions, 1 alias, 0 layer versions; 1 version stopped"


def test_what_a_revoked_job_carried_is_told_to_programs(deployed: Deployed) -> None:
    found = deployed.json("impact", deployed.revoked_job)
    assert set(found) == {"judgedAt", "subject", "versions", "layers"}
    assert found["subject"]["kind"] == "signing job"
    assert found["subject"]["revocation"]["reason"] == "a laptop was stolen \x1b[2J"
    (version,) = found["versions"]
    assert (version["function"], version["deploying"], version["starting"]) == (LONG, "not governed", "stopped")
    (package,) = version["packages"]
    assert (package["layerVersionArn"], package["falls"]) == (None, True)


def test_a_file_is_known_by_its_signature_or_its_content(deployed: Deployed) -> None:
    signed, unsigned = deployed.json("impact", "signed.zip"), deployed.json("impact", "unsigned.zip")
    assert signed["subject"]["kind"] == "signing job"
    assert [each["version"] for each in signed["versions"]] == ["$LATEST", "1"]
    assert unsigned["subject"]["kind"] == "package"
    assert [each["function"] for each in unsigned["versions"]] == [LONG, "free"]
    assert [each["arn"] for each in unsigned["layers"]] == [deployed.layer]


def test_a_certificate_is_named_as_other_commands_show_it(deployed: Deployed) -> None:
    issuing = next(each for each in deployed.json("keys", "list")["certificates"] if each["purpose"] == "issuing CA")
    pem = next((deployed.folder / "data" / "authority").glob("issuing-*.pem"))
    for name in (issuing["subject"], issuing["sha256"], pem):
        assert deployed.json("impact", name)["subject"]["name"] == issuing["subject"]
    inspected = json.loads(dispatch_sealgate("inspect", "signed.zip", "--json", folder=deployed.folder).stdout)
    found = deployed.json("impact", inspected["signature"]["certificates"][0]["serial"])
    assert found["subject"]["kind"] == "certificate"


def test_what_is_not_known_ends_with_1_and_wrong_usage_with_2(deployed: Deployed) -> None:
    unknown = deployed.run("impact", "nobody")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "nothing deployed carries it" in unknown.stderr
    for wrong in (
        ("fleet", "--policy", "Warn"),
        ("fleet", "--account", "1"),
        ("impact",),
        ("impact", "data/authority/root.pem"),
    ):
        assert deployed.run(*wrong).returncode == 2
    assert dispatch_sealgate("fleet", "--data", "nowhere", folder=deployed.folder).returncode == 2


def test_the_command_runs_by_itself(deployed: Deployed) -> None:
    told = run_sealgate("fleet", "--data", "data", folder=deployed.folder)
    assert (told.returncode, told.stderr) == (1, "")
    assert told.stdout == deployed.run("fleet").stdout
