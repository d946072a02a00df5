"""`sealgate gate`: what it decides, and its exit status."""

import hashlib
import json
from pathlib import Path

import pytest

from sealgate.cli import terminal
from tests.support.authority import ARN, JOB_ARN, NOW
from tests.support.command_line import run_sealgate
from tests.support.gate import Gate, make_gate, make_policy, make_revocations
from tests.support.sealed import EXPIRY

TUTORIAL_ARN = ARN.replace("/AbCdEf0123", "/versions/AbCdEf0123")


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    gate = make_gate(tmp_path_factory.mktemp("gate"))
    gate.write("revoked.json", make_revocations(JOB_ARN))
    gate.write("nothing-revoked.json", make_revocations())
    return gate


@pytest.mark.parametrize(
    ("file", "warn", "enforce", "reason"),
    [
        ("signed.zip", "ALLOW", "ALLOW", None),
        ("unsigned.zip", "WARN", "DENY", "MISMATCH"),
        ("foreign.zip", "WARN", "DENY", "MISMATCH"),
        ("altered.zip", "DENY", "DENY", "INTEGRITY"),
        ("stranger.zip", "DENY", "DENY", "INTEGRITY"),
        ("text.zip", "DENY", "DENY", "INTEGRITY"),
    ],
)
def test_a_package_is_decided_as_the_policy_says(
    gate: Gate, file: str, warn: str, enforce: str, reason: str | None
) -> None:
    for mode, outcome in (("Warn", warn), ("Enforce", enforce)):
        report = gate.json(mode, file)
        (package,) = report["packages"]
        assert (package["outcome"], package["reason"]) == (outcome, reason)
        assert report["letIn"] is (outcome != "DENY")
        assert gate.run_policy(mode, file).returncode == (1 if outcome == "DENY" else 0)


def test_one_that_is_refused_refuses_all_and_each_is_told(gate: Gate) -> None:
    told = gate.run_policy("Enforce", "signed.zip", "unsigned.zip")
    assert (told.returncode, told.stderr) == (1, "")
    lines = told.stdout.splitlines()
    assert lines[:3] == ["Enforce, as Enforce.json says", "", "signed.zip: let in"]
    assert "unsigned.zip: REFUSED" in lines
    assert "  FAILED       publisher   the package carries no signature" in lines
    assert lines[-1] == "2 packages: 1 let in; 1 refused"


def test_a_warning_is_told_and_lets_in(gate: Gate) -> None:
    told = gate.run_policy("Warn", "unsigned.zip")
    assert told.returncode == 0
    assert "unsigned.zip: let in, with a warning\n" in told.stdout


def test_the_report_for_programs_says_what_was_judged_and_by_what(gate: Gate) -> None:
    report = gate.json("Enforce", "signed.zip")
    (package,) = report["packages"]
    content = (gate.folder / "signed.zip").read_bytes()
    assert (report["demandedBy"], report["policy"], report["judgedAt"]) == (
        "Enforce.json",
        "Enforce",
        "2026-11-24T12:00:00Z",
    )
    assert (package["sha256"], package["size"]) == (hashlib.sha256(content).hexdigest(), len(content))
    assert package["signature"]["profileVersionArn"] == ARN
    assert [each["check"] for each in package["checks"]] == [
        *("integrity", "expiry", "publisher", "revocation", "record"),
    ]


def test_an_expired_signature_is_weighed_as_the_policy_says(gate: Gate) -> None:
    for mode, status in (("Warn", 0), ("Enforce", 1)):
        told = gate.run_policy(mode, "signed.zip", at=EXPIRY.isoformat())
        assert told.returncode == status
        assert "  FAILED       expiry      the signature expired at " in told.stdout


@pytest.mark.parametrize(
    ("arguments", "warn", "enforce", "line"),
    [
        ((), 0, 0, "  NOT CHECKED  revocation  nothing is known of it; --revocations or --data tells"),
        (("--revocations", "nothing-revoked.json"), 0, 0, "  ok           revocation "),
        (("--revocations", "revoked.json"), 0, 1, f"  FAILED       revocation  job {JOB_ARN} was revoked: stolen"),
        (("--revocations", "root.pem"), 1, 1, "  FAILED       revocation  the list cannot be trusted: "),
        (
            ("--require-revocation",),
            1,
            1,
            "  FAILED       revocation  nothing is known of it; --revocations or --data ",
        ),
        (("--revocations", "nothing-revoked.json", "--require-revocation"), 0, 0, "  ok           revocation "),
    ],
    ids=["nothing known", "not revoked", "revoked", "no list", "nothing known but required", "known as required"],
)
def test_revocation_is_checked_where_something_is_known(
    gate: Gate, arguments: tuple[str, ...], warn: int, enforce: int, line: str
) -> None:
    for mode, status in (("Warn", warn), ("Enforce", enforce)):
        told = gate.run_policy(mode, "signed.zip", *arguments)
        assert told.returncode == status
        assert any(found.startswith(line) for found in told.stdout.splitlines())


def test_that_nobody_was_asked_for_the_job_s_record_is_told(gate: Gate) -> None:
    told = gate.run_policy("Enforce", "signed.zip")
    assert "  NOT CHECKED  record      the records of the signer's jobs are out of reach; --data names" in told.stdout


@pytest.mark.parametrize(
    ("file", "status", "line"),
    [
        ("framed.zip", 0, "  ok           manifest    names, modes and contents are those that the manifest lists"),
        ("signed.zip", 1, "  FAILED       manifest    the package has none, and one is required"),
        ("unsigned.zip", 1, "  FAILED       manifest    the package carries no signature"),
        ("altered.zip", 1, "  NOT CHECKED  manifest    the package's integrity is broken"),
    ],
)
def test_a_manifest_is_demanded_by_option_or_file_whatever_the_policy(
    gate: Gate, file: str, status: int, line: str
) -> None:
    gate.write("framed.json", json.dumps({**make_policy("Warn"), "RequireManifest": True}))
    by_file = gate.run(file, "--policy", "framed.json", "--trust", "root.pem")
    by_option = gate.run_policy("Warn", file, "--require-manifest")
    for told in (by_file, by_option):
        assert told.returncode == status
        assert line in told.stdout.splitlines()


def test_no_manifest_is_looked_for_unless_one_is_demanded(gate: Gate) -> None:
    assert "manifest" not in gate.run_policy("Enforce", "framed.zip", "signed.zip").stdout


@pytest.mark.parametrize("publisher", [ARN, TUTORIAL_ARN], ids=["AWS's spelling", "the tutorial's spelling"])
def test_a_policy_may_be_in_toml(gate: Gate, publisher: str) -> None:
    gate.write(
        "policy.toml",
        f"""
        [AllowedPublishers]
        SigningProfileVersionArns = ["{publisher}"]
        [CodeSigningPolicies]
        UntrustedArtifactOnDeployment = "Enforce"
        """,
    )
    assert gate.run("signed.zip", "--policy", "policy.toml", "--trust", "root.pem").returncode == 0
    assert gate.run("foreign.zip", "--policy", "policy.toml", "--trust", "root.pem").returncode == 1


def test_the_report_goes_to_a_file_and_the_text_to_whoever_watches(gate: Gate) -> None:
    told = gate.run_policy("Enforce", "unsigned.zip", "--format", "json", "--output", "report.json")
    assert told.returncode == 1
    assert told.stdout.startswith("Enforce, as Enforce.json says\n")
    assert (gate.folder / "report.json").read_text().startswith("{\n")


def test_a_terminal_gets_colours_and_a_file_does_not(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "is_colourful", lambda: True)
    told = gate.run_policy("Enforce", "signed.zip", "unsigned.zip", "--output", "report.txt")
    assert "signed.zip: \x1b[32mlet in\x1b[0m\n" in told.stdout
    assert "unsigned.zip: \x1b[31mREFUSED\x1b[0m\n" in told.stdout
    assert "\x1b" not in (gate.folder / "report.txt").read_text()


TRUSTED = ("--trust", "root.pem")
BY_POLICY = ("--policy", "Enforce.json")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("signed.zip", "missing.zip", *BY_POLICY, *TRUSTED), "missing.zip: No such file or directory"),
        ((".", *BY_POLICY, *TRUSTED), ".: not a regular file"),
        (("signed.zip", *BY_POLICY), "no trust root is given"),
        (("signed.zip", *BY_POLICY, "--trust", "Warn.json"), "Warn.json"),
        ((*BY_POLICY, *TRUSTED), "the following arguments are required: FILE"),
        (("signed.zip", *TRUSTED), "one of the arguments --config --policy is required"),
        (("signed.zip", "--config", "arn", *BY_POLICY, *TRUSTED), "not allowed with argument"),
        (("signed.zip", "--config", ARN, *TRUSTED), "is not the ARN of a code signing config"),
        (("signed.zip", "--policy", "missing.json", *TRUSTED), "missing.json: No such file or directory"),
        (("signed.zip", "--policy", "signed.zip", *TRUSTED), "signed.zip: "),
        (("signed.zip", *BY_POLICY, *TRUSTED, "--endpoint", "http://127.0.0.1:1"), "no --config is given"),
        (("signed.zip", *BY_POLICY, *TRUSTED, "--data", "."), "not allowed with argument"),
        (("signed.zip", *BY_POLICY, "--data", "."), "is no data folder"),
        (
            ("signed.zip", *BY_POLICY, *TRUSTED, "--output", "missing/report"),
            "missing/report: No such file or directory",
        ),
        (("signed.zip", *BY_POLICY, *TRUSTED, "--output", "./signed.zip"), "signed.zip: is one of the packages"),
        (("signed.zip", *BY_POLICY, *TRUSTED, "--format", "yaml"), "invalid choice: 'yaml'"),
    ],
)
def test_what_cannot_be_judged_ends_with_2_and_without_a_report(
    gate: Gate, arguments: tuple[str, ...], error: str
) -> None:
    told = gate.run(*arguments)
    assert (told.returncode, told.stdout) == (2, "")
    assert error in told.stderr


def test_a_name_steers_no_terminal(gate: Gate) -> None:
    (gate.folder / "evil\x1b[2J.zip").write_bytes(b"")
    assert "evil\\x1b[2J.zip: REFUSED\n" in gate.run_policy("Warn", "evil\x1b[2J.zip").stdout


def test_the_command_runs_by_itself(gate: Gate) -> None:
    arguments = ("signed.zip", *BY_POLICY, *TRUSTED, "--at", NOW.isoformat())
    told = run_sealgate("gate", *arguments, folder=gate.folder)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout == gate.run(*arguments).stdout


def test_a_policy_that_cannot_be_read_names_the_member_and_the_rule(tmp_path: Path) -> None:
    gate = make_gate(tmp_path)
    gate.write("policy.json", str(make_policy()).replace("'", '"').replace("Enforce", "enforce"))
    told = gate.run("signed.zip", "--policy", "policy.json", "--trust", "root.pem")
    assert told.stderr == (
        "sealgate: error: policy.json: CodeSigningPolicies.UntrustedArtifactOnDeployment: must be Warn or Enforce\n"
    )
