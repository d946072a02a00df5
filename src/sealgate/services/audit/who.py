"""Who signed and deployed what, when, from where: the events about a package, a job, a profile or a function."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from sealgate.arn import function_arn, job_arn, parse_arn, profile_arn
from sealgate.errors import Invalid
from sealgate.services.audit.subjects import package_resource
from sealgate.store.audit import EventRecord, events_about
from sealgate.store.database import Database

_JOB_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """What events may be about to be an answer.

    Attributes:
        names: Whole names of resources.
        prefixes: What a resource's name may begin with.
    """

    names: tuple[str, ...]
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One event, as an answer tells it.

    Attributes:
        when: The event's time, as it says it.
        what: The operation, or what happened without one.
        who: The ARN of who called; empty where nobody did.
        where: The address that the call came from; empty where there was no call.
        outcome: `granted`, the error's code, or a job's status.
        details: What else there is to know, in order: a word for it, and what it is.
        checks: Check, status and detail of a judged deployment.
        event_id: The event.
    """

    when: str
    what: str
    who: str
    where: str
    outcome: str
    details: Mapping[str, str]
    checks: tuple[tuple[str, str, str], ...]
    event_id: str


def subjects_of(question: str, *, account: str, region: str) -> Subjects:
    """Answer what a question names: a job by its id, a profile or a function by its name, anything by its ARN.

    Args:
        question: What somebody wants to know about.
        account: Whose things bare names name.
        region: Where.

    Raises:
        Invalid: It is none of these.
    """
    if question.startswith("arn:"):
        parse_arn(question)
        is_profile = ":/signing-profiles/" in question
        return Subjects(names=(question,), prefixes=(f"{question}/",) if is_profile else ())
    if _JOB_ID.fullmatch(question):
        return Subjects(names=(job_arn(region, account, question),))
    if not _NAME.fullmatch(question):
        raise Invalid(f"{question!r} is no file, and no job, profile or function either")
    profile = profile_arn(region, account, question)
    return Subjects(names=(profile, function_arn(region, account, question)), prefixes=(f"{profile}/",))


def subjects_of_package(sha256: str, job: str | None) -> Subjects:
    """Answer what a package is known by.

    Args:
        sha256: Of the file: 64 hexadecimal digits.
        job: The ARN of the job whose signature verifies on it, or None.
    """
    return Subjects(names=(package_resource(sha256).name, *(() if job is None else (job,))))


def find_deeds(db: Database, subjects: Subjects) -> list[Deed]:
    """Answer what was done, of whatever account and region, the first first; calls that only read are left out."""
    with db.read() as tx:
        found = events_about(tx, names=subjects.names, prefixes=subjects.prefixes)
    return [_tell(each.record) for each in found if not each.record.read_only]


def _tell(record: EventRecord) -> Deed:
    said: dict[str, Any] = orjson.loads(record.text)
    admission = said.get("sealgate", {}).get("admission") or {}
    return Deed(
        when=record.event_time.isoformat().replace("+00:00", "Z"),
        what=record.event_name,
        who=said.get("userIdentity", {}).get("arn", ""),
        where=said.get("sourceIPAddress", ""),
        outcome=said.get("errorCode") or said.get("detail", {}).get("status") or "granted",
        details=_details(record, admission),
        checks=tuple((each["check"], each["status"], each["detail"]) for each in admission.get("checks", ())),
        event_id=record.event_id,
    )


def _details(record: EventRecord, admission: Mapping[str, Any]) -> dict[str, str]:
    signer = admission.get("signature") or {}
    found = {
        "package": admission.get("packageSha256"),
        "function": admission.get("function"),
        "config": admission.get("codeSigningConfigArn"),
        "verdict": admission.get("outcome"),
        "signed by": signer.get("profileVersionArn"),
        "in job": signer.get("jobArn"),
    }
    told = {word: str(what) for word, what in found.items() if what is not None}
    others = [each.name for each in record.resources if each.name not in told.values() and "sha256:" not in each.name]
    return told | ({"about": ", ".join(others)} if others else {})
