"""`sealgate verify`: what it says, and its exit status."""

import json
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from sealgate.cli import terminal
from sealgate.package import embed
from sealgate.trust.revocation import RevocationList, RevokedJob
from sealgate.trust.revocation_list import encode_revocation_list
from tests.support.authority import ARN, JOB_ARN, NOW
from tests.support.command_line import Told, dispatch_sealgate, run_sealgate
from tests.support.packing import pack
from tests.support.sealed import EXPIRY, new_authority, shared_authority, sign_bytes, zip_of

VECTORS = Path("tests/vectors/aws-format")
PACKAGE = zip_of({"app.py": b"def handler(event, context):\n    return 1\n"})
TUTORIAL_ARN = ARN.replace("/AbCdEf0123", "/versions/AbCdEf0123")


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    folder: Path

    def write(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    def verify(self, file: str, *arguments: str | Path, at: str = NOW.isoformat()) -> Told:
        return dispatch_sealgate("verify", file, "--at", at, *arguments, folder=self.folder)

    def verify_trusting(self, file: str, *arguments: str | Path, at: str = NOW.isoformat()) -> Told:
        return self.verify(file, "--trust", "root.pem", *arguments, at=at)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    files = Files(folder=tmp_path_factory.mktemp("files"))
    signed, _ = sign_bytes(PACKAGE)
    files.write("signed.zip", signed)
    files.write("framed.zip", sign_bytes(pack({"app.py": b"x"}))[0])
    files.write("altered.zip", signed[:40] + bytes([signed[40] ^ 1]) + signed[41:])
    files.write("unsigned.zip", PACKAGE)
    files.write("root.pem", shared_authority().root_certificate.public_bytes(Encoding.PEM))
    files.write("other.pem", new_authority().root_certificate.public_bytes(Encoding.PEM))
    files.write("nothing-revoked.json", make_list())
    files.write("revoked.json", make_list(JOB_ARN))
    return files


def make_list(*job_arns: str) -> bytes:
    revocations = RevocationList(
        jobs=tuple(RevokedJob(arn=arn, revoked_at=NOW, reason="stolen") for arn in job_arns),
        profile_versions=(),
        issued_at=NOW,
        next_update=NOW + timedelta(days=36500),
    )
    return encode_revocation_list(revocations, shared_authority())


@pytest.fixture(scope="module")
def told(files: Files) -> Told:
    return files.verify_trusting("signed.zip")


def test_a_sealed_package_under_a_trusted_root_is_acceptable(told: Told) -> None:
    assert told.returncode == 0
    assert told.stderr == ""
    assert told.stdout.startswith("signed.zip: acceptable\n\n  ok           integrity ")


@pytest.mark.parametrize(("file", "status"), [("signed.zip", 0), ("altered.zip", 1), ("missing.zip", 2)])
def test_the_program_ends_with_the_verdict_s_status(files: Files, file: str, status: int) -> None:
    arguments = ("verify", file, "--trust", "root.pem", "--at", NOW.isoformat())

    process = run_sealgate(*arguments, folder=files.folder)
    within = dispatch_sealgate(*arguments, folder=files.folder)

    assert process.returncode == status
    assert (process.stdout, process.stderr) == (within.stdout, within.stderr)


@pytest.mark.parametrize(
    "line",
    [
        f"  signed by    {ARN}",
        f"  in job       {JOB_ARN}",
        "  signed at    2026-11-24T12:00:00Z, asserted by the signer",
        f"  good until   {EXPIRY:%Y-%m-%dT%H:%M:%SZ}",
        "  covers       every byte of the file",
        "  trusted as   root.pem (imported root)",
    ],
    ids=["who", "job", "when", "until when", "what", "root"],
)
def test_the_report_says(told: Told, line: str) -> None:
    assert line in told.stdout.splitlines()


def test_the_report_lists_the_chain_from_leaf_to_root(told: Told) -> None:
    subjects = [line for line in told.stdout.splitlines() if "O=Sealgate" in line]

    assert [line.split("CN=Sealgate ")[1].rsplit(" ", 1)[0] for line in subjects] == ["Signer", "Issuing CA", "Root CA"]


def test_revocation_is_not_checked_unless_something_is_known_of_it(told: Told) -> None:
    assert "  NOT CHECKED  revocation " in told.stdout


@pytest.mark.parametrize(
    ("file", "arguments", "line"),
    [
        ("altered.zip", ("--trust", "root.pem"), "  FAILED       integrity "),
        ("unsigned.zip", ("--trust", "root.pem"), "  FAILED       publisher   the package carries no signature"),
        ("root.pem", ("--trust", "root.pem"), "  FAILED       integrity "),
        ("signed.zip", ("--trust", "other.pem"), "  FAILED       integrity "),
        ("signed.zip", ("--trust-aws",), "  FAILED       integrity "),
        ("signed.zip", ("--trust", "root.pem", "--publisher", ARN + "x"), "  FAILED       publisher "),
        ("signed.zip", ("--trust", "root.pem", "--revocations", "revoked.json"), "  FAILED       revocation "),
        ("signed.zip", ("--trust", "root.pem", "--revocations", "root.pem"), "  FAILED       revocation "),
        ("signed.zip", ("--trust", "root.pem", "--require-revocation"), "  NOT CHECKED  revocation "),
        (
            "signed.zip",
            ("--trust", "root.pem", "--require-manifest"),
            "  FAILED       manifest    the package has none",
        ),
        ("unsigned.zip", ("--trust", "root.pem", "--require-manifest"), "  FAILED       publisher "),
    ],
    ids=[
        "one bit altered",
        "unsigned",
        "no archive",
        "another authority's root",
        "AWS's root",
        "another publisher",
        "revoked",
        "a revocation list that is none",
        "revocation unknown but required",
        "no manifest but required",
        "unsigned and a manifest required",
    ],
)
def test_a_package_is_not_acceptable_when(files: Files, file: str, arguments: tuple[str, ...], line: str) -> None:
    told = files.verify(file, *arguments)

    assert told.returncode == 1
    assert told.stdout.startswith(f"{file}: NOT acceptable\n")
    assert any(found.startswith(line) for found in told.stdout.splitlines())


@pytest.mark.parametrize("demand", [(), ("--require-manifest",)])
def test_a_manifest_is_checked_wherever_there_is_one(files: Files, demand: tuple[str, ...]) -> None:
    told = files.verify_trusting("framed.zip", *demand)

    assert told.returncode == 0
    assert "  ok           manifest    names, modes and contents are those that the manifest lists\n" in told.stdout


def test_nothing_is_said_of_a_manifest_where_there_is_none(told: Told) -> None:
    assert "manifest" not in told.stdout


def test_a_signer_that_seals_a_wrong_manifest_is_not_believed(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed, "verify_manifest", lambda _: None)
    files.write("wrong.zip", sign_bytes(zip_of({".sealgate-manifest": b"app.py"}))[0])

    told = files.verify_trusting("wrong.zip")

    assert told.returncode == 1
    assert "  FAILED       manifest    entry '.sealgate-manifest': " in told.stdout


def test_a_foreign_root_is_told_in_plain_words(files: Files) -> None:
    told = files.verify("signed.zip", "--trust-aws")

    assert "  FAILED       integrity   certificate: no valid path to a trusted root\n" in told.stdout


@pytest.mark.parametrize("publisher", [ARN, TUTORIAL_ARN], ids=["AWS's spelling", "the tutorial's spelling"])
def test_a_demanded_publisher_is_accepted(files: Files, publisher: str) -> None:
    told = files.verify_trusting("signed.zip", "--publisher", "arn:other", publisher)

    assert told.returncode == 0
    assert "  ok           publisher " in told.stdout


def test_a_list_that_does_not_name_the_signature_clears_it(files: Files) -> None:
    told = files.verify_trusting("signed.zip", "--revocations", "nothing-revoked.json", "--require-revocation")

    assert told.returncode == 0
    assert "  ok           revocation " in told.stdout


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (
            (),
            ("\x1b[32mok          \x1b[0m integrity", "signed.zip: \x1b[32macceptable\x1b[0m", "\x1b[33mNOT CHECKED "),
        ),
        (("--publisher", "other"), ("\x1b[31mFAILED      \x1b[0m publisher", "\x1b[31mNOT acceptable\x1b[0m")),
    ],
    ids=["acceptable", "not acceptable"],
)
def test_a_terminal_gets_colours(
    files: Files, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], lines: tuple[str, ...]
) -> None:
    monkeypatch.setattr(terminal, "is_colourful", lambda: True)

    told = files.verify_trusting("signed.zip", *arguments)

    assert all(line in told.stdout for line in lines)


@pytest.mark.parametrize(
    ("is_terminal", "environ", "colourful"),
    [
        (True, {}, True),
        (True, {"NO_COLOR": ""}, True),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
        (False, {}, False),
    ],
)
def test_colours_are_for_terminals_whose_users_want_them(
    monkeypatch: pytest.MonkeyPatch, *, is_terminal: bool, environ: dict[str, str], colourful: bool
) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout.isatty", lambda: is_terminal)

    assert terminal.is_colourful() == colourful


@pytest.mark.parametrize(
    ("at", "check"),
    [
        (EXPIRY.isoformat(), "expiry"),
        ("2036-01-01", "expiry"),
        ("2026-11-24T11:00:00Z", "integrity"),
        ("2026-11-24T13:00:00+02:00", "integrity"),
    ],
    ids=["at its expiry", "years later, in UTC", "before it was signed", "before it was signed, in another zone"],
)
def test_the_time_to_judge_at_can_be_given(files: Files, at: str, check: str) -> None:
    told = files.verify_trusting("signed.zip", at=at)

    assert told.returncode == 1
    assert f"  FAILED       {check} " in told.stdout


def test_json_says_the_same(files: Files) -> None:
    told = files.verify_trusting("signed.zip", "--json")

    report = json.loads(told.stdout)
    assert told.returncode == 0
    assert report["acceptable"] is True
    assert report["judgedAt"] == "2026-11-24T12:00:00Z"
    assert {check["check"]: check["status"] for check in report["checks"]} == {
        "integrity": "passed",
        "expiry": "passed",
        "publisher": "not checked",
        "revocation": "not checked",
    }
    assert report["signature"]["profileVersionArn"] == ARN
    assert report["signature"]["signingTimeSource"] == "asserted by the signer"
    assert len(report["signature"]["chain"]) == 3


def test_json_of_a_refused_package_has_no_signature(files: Files) -> None:
    report = json.loads(files.verify_trusting("altered.zip", "--json").stdout)

    assert report["acceptable"] is False
    assert report["signature"] is None


@pytest.mark.parametrize(
    ("arguments", "talk"),
    [
        (("signed.zip",), "no trust root is given, so no signature can be accepted"),
        (("unsigned.zip",), "no trust root is given, so no signature can be accepted"),
        (("--trust", "root.pem"), "no FILE to verify is named"),
        (("missing.zip", "--trust", "root.pem"), "missing.zip: No such file or directory"),
        (("", "--trust", "root.pem"), ": No such file or directory"),
        ((".", "--trust", "root.pem"), ".: not a regular file"),
        (("signed.zip", "--trust", "missing.pem"), "missing.pem: No such file or directory"),
        (("signed.zip", "--trust", "unsigned.zip"), "root 'unsigned.zip': not one certificate in PEM"),
        (("signed.zip", "--data", "."), ". is no data folder"),
        (("signed.zip", "--data", ".", "--trust", "root.pem"), "argument --trust: not allowed with argument --data"),
        (("signed.zip", "--trust", "root.pem", "--at", "noon"), "argument --at: 'noon' is not a time such as"),
        (("signed.zip", "--trust", "root.pem", "--revocations", "none"), "none: No such file or directory"),
    ],
    ids=[
        "no root",
        "no root for an unsigned file",
        "no file",
        "missing file",
        "a file without a name",
        "a folder",
        "missing root",
        "a root that is none",
        "a data folder that is none",
        "two kinds of roots",
        "a time that is none",
        "missing list",
    ],
)
def test_wrong_usage_and_unreadable_files_end_with_status_2(
    files: Files, arguments: tuple[str, ...], talk: str
) -> None:
    told = dispatch_sealgate("verify", *arguments, folder=files.folder)

    assert told.returncode == 2
    assert told.stdout == ""
    assert told.stderr.startswith(f"sealgate: error: {talk}")


def test_a_missing_root_is_answered_with_what_to_give(files: Files) -> None:
    told = dispatch_sealgate("verify", "signed.zip", folder=files.folder)

    assert "sealgate: hint: give --trust ROOT.pem, --data DIR or --trust-aws" in told.stderr


def test_the_file_may_stand_after_the_roots(files: Files) -> None:
    told = dispatch_sealgate(
        "verify", "--at", NOW.isoformat(), "--trust", "other.pem", "root.pem", "signed.zip", folder=files.folder
    )

    assert told.returncode == 0
    assert told.stdout.startswith("signed.zip: acceptable\n")


def test_a_named_pipe_is_refused_and_not_waited_for(files: Files) -> None:
    pipe = files.folder / "pipe"
    os.mkfifo(pipe)

    told = files.verify_trusting("pipe")

    assert told.returncode == 2
    assert "not a regular file" in told.stderr


@pytest.mark.parametrize(
    ("vector", "root", "status"),
    [("tree.zip", "root.pem", 0), ("tampered.zip", "root.pem", 1), ("stranger.zip", "root.pem", 1)],
    ids=["good", "altered", "foreign"],
)
def test_packages_in_aws_s_format_are_judged(vector: str, root: str, status: int) -> None:
    told = dispatch_sealgate("verify", vector, "--trust", root, "--at", "2026-11-02", folder=VECTORS)

    assert told.returncode == status
    if status == 0:
        assert "  covers       names and contents of the entries, as AWS does" in told.stdout
