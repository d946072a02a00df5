"""What `sealgate gate` decided, as JUnit XML, which GitLab, Jenkins and others show as test results.

A package is a suite, a check is a case. A failed check of a package that is let in all the same is skipped, since the
format has no warnings; so is one that nobody could make. What is skipped says why.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from sealgate.cli.admit import Admitted, GateReport
from sealgate.cli.judge import FAILED, PASSED
from sealgate.cli.terminal import printable
from sealgate.policy.admission import Finding


def encode_gate_junit(report: GateReport) -> str:
    """Write the decisions as an XML document in ASCII, which is valid as UTF-8 too."""
    root = ET.Element("testsuites", {"name": "sealgate gate"})
    suites = [_add_suite(root, package, report) for package in report.packages]
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in suites)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="us-ascii").decode()}\n'


def _add_suite(root: ET.Element, package: Admitted, report: GateReport) -> ET.Element:
    findings = package.decision.findings
    failed = 0 if package.is_let_in else sum(finding.status == FAILED for finding in findings)
    skipped = sum(finding.status != PASSED for finding in findings) - failed
    suite = ET.SubElement(
        root,
        "testsuite",
        {
            "name": printable(package.file),
            "tests": str(len(findings)),
            "failures": str(failed),
            "errors": "0",
            "skipped": str(skipped),
            "timestamp": report.basis.at.strftime("%Y-%m-%dT%H:%M:%S"),
        },
    )
    _add_properties(suite, package, report)
    for finding in findings:
        _add_case(suite, package, finding)
    return suite


def _add_properties(suite: ET.Element, package: Admitted, report: GateReport) -> None:
    properties = ET.SubElement(suite, "properties")
    told = {
        "outcome": package.decision.outcome.value,
        "sha256": package.sha256,
        "demandedBy": report.basis.demand.source,
        "policy": report.basis.demand.policy.mode,
    }
    for name, value in told.items():
        ET.SubElement(properties, "property", {"name": name, "value": printable(value)})


def _add_case(suite: ET.Element, package: Admitted, finding: Finding) -> None:
    case = ET.SubElement(suite, "testcase", {"name": finding.check, "classname": printable(package.file)})
    detail = printable(finding.detail)
    if finding.status == PASSED:
        ET.SubElement(case, "system-out").text = detail
    elif finding.status == FAILED and not package.is_let_in:
        ET.SubElement(case, "failure", {"type": finding.check, "message": detail}).text = detail
    else:
        word = "warning" if finding.status == FAILED else "not checked"
        ET.SubElement(case, "skipped", {"message": f"{word}: {detail}"})
