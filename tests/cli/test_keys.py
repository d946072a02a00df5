"""`sealgate keys` and `sealgate authority`, on a data folder that a server runs on."""

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from sealgate.store.folder import DataFolder
from sealgate.trust import authority, key_encryption
from sealgate.trust.keys_file import FileKeyStore
from tests.support.command_line import Told, dispatch_sealgate
from tests.support.running import PYTHON
from tests.support.server import RunningServer, running_server
from tests.support.signing import make_package

PUBLISHER = {"profileName": "app", "platformId": "AWSLambda-SHA384-ECDSA"}
ROLE = "arn:aws:iam::000000000000:role/app"
KEK, OTHER = bytes(32), bytes(range(32))


class Ceremony:
    """A folder in which commands run: the data folder, a key file, a medium for the root's key."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.folder = folder
        self.template = template
        self.data = folder / "data"
        self.medium = folder / "medium"
        self.medium.mkdir()
        (folder / "kek").write_bytes(KEK)
        (folder / "other").write_bytes(OTHER)
        (folder / "words").write_text("correct horse battery\nand a second line\n")

    def run(self, *arguments: str | Path) -> Told:
        return dispatch_sealgate(*arguments, "--data", self.data, folder=self.folder)

    def done(self, *arguments: str | Path) -> str:
        told = self.run(*arguments)
        assert told.returncode == 0, told.stderr
        return told.stdout

    def refused(self, *arguments: str | Path) -> str:
        told = self.run(*arguments)
        assert (told.returncode, told.stdout) == (2, "")
        return told.stderr

    def listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.done("keys", "list", "--json"))["certificates"]
        return found

    def copy_served(self) -> None:
        """Take a data folder that was served from, with plain keys."""
        shutil.copytree(self.template, self.data)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served") / "data"
    with running_server(folder):
        pass
    return folder


@pytest.fixture
def ceremony(tmp_path: Path, template: Path) -> Ceremony:
    return Ceremony(tmp_path, template)


class Pipeline:
    """Somebody who signs and deploys without pause."""

    def __init__(self, server: RunningServer, number: int) -> None:
        self.signer, self.lambda_, self.s3 = (server.client(name) for name in ("signer", "lambda", "s3"))
        self.number = number

    def prepare(self) -> None:
        self.s3.create_bucket(Bucket="packages")
        self.s3.put_bucket_versioning(Bucket="packages", VersioningConfiguration={"Status": "Enabled"})
        publisher = self.signer.put_signing_profile(**PUBLISHER)["profileVersionArn"]
        config = self.lambda_.create_code_signing_config(
            AllowedPublishers={"SigningProfileVersionArns": [publisher]},
            CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"},
        )
        self.config = config["CodeSigningConfig"]["CodeSigningConfigArn"]

    def sign(self, package: bytes, profile: str = "app") -> bytes:
        put = self.s3.put_object(Bucket="packages", Key=f"{self.number}.zip", Body=package)
        started = self.signer.start_signing_job(
            source={"s3": {"bucketName": "packages", "key": f"{self.number}.zip", "version": put["VersionId"]}},
            destination={"s3": {"bucketName": "packages", "prefix": f"{self.number}/"}},
            profileName=profile,
        )
        waiter = self.signer.get_waiter("successful_signing_job")
        waiter.wait(jobId=started["jobId"], WaiterConfig={"Delay": 0.01, "MaxAttempts": 1000})
        key = self.signer.describe_signing_job(jobId=started["jobId"])["signedObject"]["s3"]["key"]
        signed: bytes = self.s3.get_object(Bucket="packages", Key=key)["Body"].read()
        return signed

    def deploy(self, name: str, signed: bytes, config: str) -> None:
        self.lambda_.create_function(
            FunctionName=name,
            Runtime=PYTHON,
            Role=ROLE,
            Handler="handler.handler",
            Code={"ZipFile": signed},
            CodeSigningConfigArn=config,
        )


def test_keys_rotate_under_a_stream_of_signing_and_deploying(ceremony: Ceremony) -> None:
    rotations, signed, issuers = 4, [], set()
    rotated = threading.Event()
    with running_server(ceremony.data, key_file=ceremony.folder / "kek") as server:
        first = Pipeline(server, 0)
        first.prepare()
        errors: list[BaseException] = []

        def stream(number: int) -> None:
            try:
                pipeline = Pipeline(server, number)
                rounds = 0
                while not rotated.is_set() or rounds < 2:
                    package = pipeline.sign(make_package("handler.py", f"{number}-{rounds}.txt"))
                    pipeline.deploy(f"f-{number}-{rounds}", package, first.config)
                    signed.append(package)
                    rounds += 1
            except BaseException as error:
                errors.append(error)
                raise

        threads = [threading.Thread(target=stream, args=(number,)) for number in (1, 2)]
        for thread in threads:
            thread.start()
        for _ in range(rotations):
            before = len(signed)
            while len(signed) < before + 3 and not errors:  # of three by two threads, one was begun after the rotation
                threads[0].join(0.01)
            issuers.add(ceremony.done("keys", "rotate", "--key-file", "kek").strip())
        rotated.set()
        for thread in threads:
            thread.join()
        assert errors == []
        for number, package in enumerate(signed):
            first.deploy(f"again-{number}", package, first.config)
    assert len(issuers) == rotations
    listed = ceremony.listed()
    assert [each["state"] for each in listed] == ["in use", *["past"] * rotations, "in use"]
    assert [each["privateKey"] for each in listed] == ["encrypted", *["destroyed"] * rotations, "encrypted"]
    assert sum(each["signatures"] or 0 for each in listed) == len(signed)
    assert all(each["signatures"] for each in listed[1:-1])


# Lists.


def test_what_there_is_is_listed_without_the_key_encryption_key(ceremony: Ceremony) -> None:
    ceremony.copy_served()
    ceremony.done("keys", "encrypt", "--key-file", "kek")
    text = ceremony.done("keys", "list")
    assert "root        CN=Sealgate Root CA" in text
    assert "issuing CA  CN=Sealgate Issuing CA" in text
    assert text.count("private key here, encrypted") == 2
    assert ", to be replaced from " in text
    assert "0 signatures" in text


def test_plain_keys_and_keys_that_nothing_uses_are_told(ceremony: Ceremony) -> None:
    ceremony.copy_served()
    name = FileKeyStore(DataFolder(ceremony.data).keys, None).generate()
    text = ceremony.done("keys", "list")
    assert text.count("private key here, protected by file permissions only") == 2
    assert f"unused key  {name}" in text


def test_an_issuing_ca_that_should_have_been_replaced_is_told(
    ceremony: Ceremony, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authority, "RENEW_ISSUING_AT", 1)
    ceremony.copy_served()
    told = ceremony.run("keys", "list")
    assert (
        "sealgate: hint: the issuing CA is due to be replaced: sealgate keys rotate, or a server, does it"
        in told.stderr
    )
    for name in FileKeyStore(DataFolder(ceremony.data).keys, None).names():
        (DataFolder(ceremony.data).keys / f"{name}.key").unlink()
    told = ceremony.run("keys", "list")
    assert "sealgate: hint: the issuing CA is due to be replaced: sealgate authority issue" in told.stderr


# The root elsewhere.


@pytest.fixture
def cheap_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_encryption, "_SCRYPT_N", 2)


@pytest.mark.usefixtures("cheap_guesses")
@pytest.mark.parametrize("secret", [("--passphrase-file", "words"), ("--key-file", "kek")], ids=["words", "key file"])
def test_a_root_is_kept_elsewhere_and_issues_when_it_is_brought(
    ceremony: Ceremony, secret: tuple[str, str], tmp_path: Path
) -> None:
    common = ("--offline-root", "medium", *secret)
    root = ceremony.done("authority", "init", *common).strip()
    key = ceremony.medium / "sealgate-root.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert [(each["sha256"] == root, each["privateKey"] == "elsewhere") for each in ceremony.listed()] == [
        (True, True),
        (False, False),
    ]
    key.rename(tmp_path / "away")
    kek = ceremony.folder / "kek" if "--key-file" in secret else None
    with running_server(ceremony.data, key_file=kek) as server:
        pipeline = Pipeline(server, 0)
        pipeline.prepare()
        pipeline.sign(make_package())
        server_key = () if kek is None else ("--key-file", "kek")
        assert "--offline-root says where it is" in ceremony.refused("keys", "rotate", *server_key)
        (tmp_path / "away").rename(key)
        issued = ceremony.done("authority", "issue", *common).strip()
        pipeline.sign(make_package("other.py"))
    assert [(each["state"], each["signatures"]) for each in ceremony.listed()] == [
        ("in use", None),
        ("past", 1),
        ("in use", 1),
    ]
    assert ceremony.listed()[2]["sha256"] == issued


def test_an_authority_is_not_made_over_another(ceremony: Ceremony) -> None:
    ceremony.copy_served()
    assert "holds an authority already" in ceremony.refused(
        "authority", "init", "--offline-root", "medium", "--key-file", "kek"
    )
    DataFolder(ceremony.data).root_certificate.unlink()
    assert "restore it from a backup" in ceremony.refused(
        "authority", "init", "--offline-root", "medium", "--key-file", "kek"
    )
    assert list(ceremony.medium.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--offline-root", "medium"), "never kept unencrypted"),
        (("--offline-root", "medium", "--passphrase"), "--passphrase-file FILE needs none"),
        (("--offline-root", "medium", "--passphrase-file", "absent"), "absent: No such file"),
        (("--offline-root", "data", "--key-file", "kek"), "lies in the data folder"),
        (("--offline-root", "absent/root.key", "--key-file", "kek"), "No such file"),
        (("--key-file", "kek"), "--offline-root"),
    ],
)
def test_a_ceremony_that_cannot_be_held_leaves_no_authority(
    ceremony: Ceremony, arguments: tuple[str, ...], why: str
) -> None:
    assert why in ceremony.refused("authority", "init", *arguments)
    assert not DataFolder(ceremony.data).root_certificate.exists()


def test_a_passphrase_without_a_root_and_a_folder_without_an_authority_are_told(ceremony: Ceremony) -> None:
    assert "holds no authority" in ceremony.refused("keys", "list")
    ceremony.copy_served()
    assert "is for the key that --offline-root names" in ceremony.refused("keys", "rotate", "--passphrase")


# The key-encryption key.


def test_keys_are_encrypted_under_another_key_while_no_server_runs(ceremony: Ceremony) -> None:
    with running_server(ceremony.data, key_file=ceremony.folder / "kek"):
        command = ("keys", "encrypt", "--key-file", "other", "--old-key-file", "kek")
        assert "another server uses it" in ceremony.refused(*command)
    assert "wrong key-encryption key" in ceremony.refused("keys", "encrypt", "--key-file", "other")
    assert ceremony.done(*command) == "2\n"
    assert ceremony.done(*command) == "0\n"
    ceremony.done("revocations", "--key-file", "other", "-o", "list.json")
    assert "wrong key-encryption key" in ceremony.refused("keys", "rotate", "--key-file", "kek")
    assert "no key-encryption key was given" in ceremony.refused("keys", "rotate")


def test_to_encrypt_needs_a_key(ceremony: Ceremony) -> None:
    ceremony.copy_served()
    assert "names no new key-encryption key" in ceremony.refused("keys", "encrypt")


# Compromise.


class Theft:
    """A server whose issuing CA was stolen, and a package that it has signed before."""

    def __init__(self, ceremony: Ceremony, server: RunningServer) -> None:
        self.ceremony = ceremony
        self.pipeline = Pipeline(server, 0)
        self.pipeline.prepare()
        self.signed = self.pipeline.sign(make_package())
        (ceremony.folder / "signed.zip").write_bytes(self.signed)
        self.pipeline.deploy("app", self.signed, self.pipeline.config)
        self.issuing = ceremony.listed()[1]["sha256"]

    def verify(self, *arguments: str) -> Told:
        folder = self.ceremony.folder
        return dispatch_sealgate("verify", "signed.zip", *arguments, folder=folder)

    def verify_by_list(self) -> Told:
        self.ceremony.done("revocations", "-o", "list.json")
        return self.verify("--trust", "data/authority/root.pem", "--revocations", "list.json", "--require-revocation")


@pytest.fixture
def theft(ceremony: Ceremony) -> Iterator[Theft]:
    with running_server(ceremony.data) as server:
        yield Theft(ceremony, server)


def test_what_falls_is_seen_before_and_nothing_changes(theft: Theft) -> None:
    calm = theft.ceremony.done("authority", "revoke", theft.issuing, "--dry-run")
    assert calm == "1 signatures stand, 0 fall\n"
    doubted = theft.ceremony.done(
        "authority", "revoke", theft.issuing[:8], "--dry-run", "--from", "2020-01-01T00:00:00Z"
    )
    lines = doubted.splitlines()
    assert lines[0] == "0 signatures stand, 1 fall"
    assert [line.split("/")[1] if "signer" in line else line.rpartition("function:")[2] for line in lines[1:]] == [
        "signing-profiles",
        "signing-jobs",
        "app:$LATEST",
    ]
    assert theft.ceremony.listed()[1]["state"] == "in use"


def test_a_revoked_issuing_ca_signs_no_more_and_what_its_jobs_vouch_for_stands(theft: Theft) -> None:
    told = theft.ceremony.done("authority", "revoke", theft.issuing, "--reason", "stolen")
    assert told.startswith("1 signatures stand, 0 fall\nin use ")
    assert theft.ceremony.done("authority", "revoke", theft.issuing, "--reason", "said again") == told
    theft.pipeline.sign(make_package("next.py"))
    root, revoked, issuing = theft.ceremony.listed()
    assert (root["state"], revoked["state"], issuing["state"]) == ("in use", "revoked", "in use")
    assert (revoked["privateKey"], revoked["signatures"], issuing["signatures"]) == ("destroyed", 1, 1)
    assert revoked["revocation"]["reason"] == "stolen"
    theft.pipeline.deploy("again", theft.signed, theft.pipeline.config)
    assert theft.verify("--data", "data").returncode == 0
    assert theft.verify_by_list().returncode == 0


def test_where_records_are_doubted_what_they_vouch_for_falls_on_the_server_and_offline(theft: Theft) -> None:
    theft.ceremony.done(
        "authority", "revoke", theft.issuing, "--reason", "broken into", "--from", "2020-01-01T00:00:00Z"
    )
    with pytest.raises(theft.pipeline.lambda_.exceptions.CodeVerificationFailedException):
        theft.pipeline.deploy("again", theft.signed, theft.pipeline.config)
    for told in (theft.verify("--data", "data"), theft.verify_by_list()):
        assert told.returncode == 1
        assert "issuing CA CN=Sealgate Issuing CA" in told.stdout
        assert "was revoked: broken into" in told.stdout


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--reason", " "), "--reason TEXT says why"),
        (("--reason", "x", "--from", "2099-01-01T00:00:00Z"), "must not be in the future"),
        (("--reason", "x", "--from", "yesterday"), "is not a time"),
    ],
)
def test_a_revocation_that_cannot_be_changes_nothing(ceremony: Ceremony, arguments: tuple[str, ...], why: str) -> None:
    ceremony.copy_served()
    issuing = ceremony.listed()[1]["sha256"]
    assert why in ceremony.refused("authority", "revoke", issuing, *arguments)
    assert ceremony.listed()[1]["state"] == "in use"


@pytest.mark.parametrize("name", ["", "abc", "0" * 64])
def test_an_issuing_ca_that_is_not_there_is_told(ceremony: Ceremony, name: str) -> None:
    ceremony.copy_served()
    assert "is the fingerprint of no issuing CA" in ceremony.refused("authority", "revoke", name, "--reason", "x")


@pytest.mark.usefixtures("cheap_guesses")
def test_without_the_root_a_revocation_ends_signing_until_it_is_brought_and_no_start_and_no_deployment(
    ceremony: Ceremony,
) -> None:
    common = ("--offline-root", "medium", "--passphrase-file", "words")
    ceremony.done("authority", "init", *common)
    with running_server(ceremony.data) as server:
        theft = Theft(ceremony, server)
        told = ceremony.run("authority", "revoke", theft.issuing, "--reason", "stolen")
        assert told.returncode == 0
        assert "sealgate authority issue makes one" in told.stderr
    with running_server(ceremony.data) as again:
        pipeline = Pipeline(again, 1)
        pipeline.deploy("again", theft.signed, theft.pipeline.config)
        with pytest.raises(WaiterError) as caught:
            pipeline.sign(make_package("next.py"))
        assert "cannot sign at present" in caught.value.last_response["statusReason"]
        ceremony.done("authority", "issue", *common)
        pipeline.sign(make_package("next.py"))
