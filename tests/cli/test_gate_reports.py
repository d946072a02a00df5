"""The reports of `sealgate gate` for other programs: SARIF by its schema, JUnit XML by the rules of its readers."""

import hashlib
import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from tests.support.authority import JOB_ARN
from tests.support.gate import Gate, make_gate, make_revocations

SCHEMA = Path("tests/vectors/sarif/sarif-schema-2.1.0.json")
PACKAGES = ("signed.zip", "unsigned.zip", "foreign.zip", "altered.zip", "text.zip")


@cache
def sarif_schema() -> Any:
    return jsonschema.Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    gate = make_gate(tmp_path_factory.mktemp("gate"))
    gate.write("revoked.json", make_revocations(JOB_ARN))
    (gate.folder / "a folder").mkdir()
    gate.write("a folder/ü #1%.zip", b"")
    return gate


def run_sarif(gate: Gate, mode: str, *arguments: str, **moment: str) -> Any:
    """Answer the one run of a log that is valid."""
    log = json.loads(gate.run_policy(mode, *arguments, "--format", "sarif", **moment).stdout)
    sarif_schema().validate(log)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    return run


def levels(run: Any) -> list[tuple[str, str, str]]:
    return [
        (
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"],
            result["level"],
        )
        for result in run["results"]
    ]


def test_what_refuses_is_an_error_and_what_is_let_in_all_the_same_a_warning(gate: Gate) -> None:
    assert levels(run_sarif(gate, "Enforce", *PACKAGES)) == [
        ("unsigned.zip", "publisher", "error"),
        ("foreign.zip", "publisher", "error"),
        ("altered.zip", "integrity", "error"),
        ("text.zip", "integrity", "error"),
    ]
    assert levels(run_sarif(gate, "Warn", *PACKAGES)) == [
        ("unsigned.zip", "publisher", "warning"),
        ("foreign.zip", "publisher", "warning"),
        ("altered.zip", "integrity", "error"),
        ("text.zip", "integrity", "error"),
    ]


def test_every_check_that_can_fail_has_a_rule(gate: Gate) -> None:
    run = run_sarif(
        gate, "Enforce", "foreign.zip", "--revocations", "revoked.json", "--require-manifest", at="2030-01-01"
    )
    checks = ["expiry", "publisher", "revocation", "manifest"]
    assert [rule for _, rule, _ in levels(run)] == checks
    assert [result["ruleId"] for result in run["results"]] == checks
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {"integrity", *checks}


def test_the_log_says_which_bytes_were_judged_and_how_it_ended(gate: Gate) -> None:
    run = run_sarif(gate, "Enforce", "signed.zip", "unsigned.zip")
    first = run["artifacts"][0]
    content = (gate.folder / "signed.zip").read_bytes()
    assert first["hashes"] == {"sha-256": hashlib.sha256(content).hexdigest()}
    assert first["location"] == {"uri": "signed.zip", "uriBaseId": "%SRCROOT%"}
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (True, 1)
    assert run["properties"]["policy"] == "Enforce"


def test_what_nobody_could_check_is_a_notification(gate: Gate) -> None:
    run = run_sarif(gate, "Enforce", "signed.zip")
    assert run["results"] == []
    told = [each["message"]["text"] for each in run["invocations"][0]["toolExecutionNotifications"]]
    assert [text.partition(": ")[0] for text in told] == ["revocation not checked", "record not checked"]
    assert told[0].endswith("signed.zip: nothing is known of it; --revocations or --data tells")


def test_an_alert_is_known_again_by_check_and_place_not_by_content(gate: Gate) -> None:
    def fingerprints(*arguments: str) -> list[str]:
        run = run_sarif(gate, "Enforce", *arguments)
        return [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]

    first, second = fingerprints("unsigned.zip", "foreign.zip")
    assert first != second
    assert fingerprints("./unsigned.zip") == fingerprints(str(gate.folder / "unsigned.zip")) == [first]


def test_a_place_is_an_address_that_every_reader_takes(gate: Gate, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"")
    evil = os.fsdecode(b"\xff\x1b.zip")
    (gate.folder / evil).write_bytes(b"")
    run = run_sarif(gate, "Enforce", "a folder/ü #1%.zip", str(tmp_path / "x.zip"), evil)
    assert [place for place, _, _ in levels(run)] == [
        "a%20folder/%C3%BC%20%231%25.zip",
        f"file://{tmp_path}/x.zip",
        "%FF%1B.zip",
    ]
    assert run["results"][2]["message"]["text"].startswith("\\udcff\\x1b.zip: Could not unzip")


# What readers of JUnit XML agree on: the elements within each element, and its attributes, of which those with * must
# be there. (Jenkins' xunit plugin, junit-10.xsd; GitLab, "Unit test reports"; Apache Ant's junitreport.)
CHILDREN: Mapping[str, set[str]] = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "properties": {"property"},
    "property": set(),
    "testcase": {"skipped", "failure", "system-out"},
    "skipped": set(),
    "failure": set(),
    "system-out": set(),
}
ATTRIBUTES: Mapping[str, set[str]] = {
    "testsuites": {"name", "tests", "failures", "errors"},
    "testsuite": {"name*", "tests*", "failures*", "errors*", "skipped", "timestamp"},
    "properties": set(),
    "property": {"name*", "value*"},
    "testcase": {"name*", "classname"},
    "skipped": {"message"},
    "failure": {"type", "message"},
    "system-out": set(),
}


def run_junit(gate: Gate, mode: str, *arguments: str) -> ET.Element:
    """Answer the root of a document that keeps the rules, and whose counts are right."""
    root = ET.fromstring(  # noqa: S314 - our own words
        gate.run_policy(mode, *arguments, "--format", "junit").stdout.encode()
    )
    assert root.tag == "testsuites"
    for element in root.iter():
        assert {child.tag for child in element} <= CHILDREN[element.tag]
        allowed = ATTRIBUTES[element.tag]
        assert set(element.attrib) <= {name.rstrip("*") for name in allowed}
        assert {name.rstrip("*") for name in allowed if name.endswith("*")} <= set(element.attrib)
    for element in (root, *root):
        assert element.get("tests") == str(len(list(element.iter("testcase"))))
        assert element.get("failures") == str(len(list(element.iter("failure"))))
        assert element.get("errors") == "0"
    for suite in root:
        assert suite.get("skipped") == str(len(list(suite.iter("skipped"))))
    return root


def cases(root: ET.Element) -> dict[tuple[str, str], str]:
    """Answer what each case says first: the element, and how its message begins."""
    return {
        (case.get("classname", ""), case.get("name", "")): f"{case[0].tag} {case[0].get('message', '')}"
        for case in root.iter("testcase")
    }


def test_a_package_is_a_suite_and_a_check_is_a_case(gate: Gate) -> None:
    told = cases(run_junit(gate, "Enforce", *PACKAGES))
    assert told["signed.zip", "publisher"] == "system-out "
    assert told["signed.zip", "revocation"].startswith("skipped not checked: nothing is known of it")
    assert told["unsigned.zip", "publisher"] == "failure the package carries no signature"
    assert told["altered.zip", "integrity"].startswith("failure the package's contents are not")


def test_what_is_let_in_all_the_same_is_skipped_with_a_warning(gate: Gate) -> None:
    told = cases(run_junit(gate, "Warn", *PACKAGES))
    assert told["unsigned.zip", "publisher"] == "skipped warning: the package carries no signature"
    assert told["altered.zip", "integrity"].startswith("failure ")


def test_a_suite_says_what_was_judged_when_and_by_what(gate: Gate) -> None:
    (suite,) = run_junit(gate, "Enforce", "unsigned.zip")
    assert (suite.get("name"), suite.get("timestamp")) == ("unsigned.zip", "2026-11-24T12:00:00")
    told = {each.get("name"): each.get("value") for each in suite.iter("property")}
    content = (gate.folder / "unsigned.zip").read_bytes()
    assert told == {
        "outcome": "DENY",
        "sha256": hashlib.sha256(content).hexdigest(),
        "demandedBy": "Enforce.json",
        "policy": "Enforce",
    }


def test_no_name_breaks_the_document(gate: Gate) -> None:
    evil = os.fsdecode(b'<"&\xff\x1b\n.zip')
    (gate.folder / evil).write_bytes(b"")
    (suite,) = run_junit(gate, "Enforce", evil)
    assert suite.get("name") == '<"&\\udcff\\x1b\\n.zip'
