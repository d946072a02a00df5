"""Who signed, published and deployed what, when, from where: the events about a package, a job or a named thing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from sealgate.arn import function_arn, job_arn, layer_arn, parse_arn, profile_arn
from sealgate.errors import Invalid
from sealgate.services.audit.subjects import package_resource
from sealgate.store.audit import EventRecord, events_about
from sealgate.store.database import Database

_JOB_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,140}")
_LAYER = re.compile(r"arn:[^:]+:lambda:[^:]*:[^:]*:layer:[^:]+")


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
        checks: Check, status and detail of a judged deployment; a layer's details begin with its ARN.
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
    """Answer what a question names: a job by its id, a profile, a function or a layer by its name, anything by its ARN.

    Args:
        question: What somebody wants to know about.
        account: Whose things bare names name.
        region: Where.

    Raises:
        Invalid: It is none of these.
    """
    if question.startswith("arn:"):
        parse_arn(question)
        return Subjects(names=(question,), prefixes=tuple(_versions_of(question)))
    if _JOB_ID.fullmatch(question):
        return Subjects(names=(job_arn(region, account, question),))
    if not _NAME.fullmatch(question):
        raise Invalid(f"{question!r} is no file, and no job, profile, function or layer either")
    make = (profile_arn, layer_arn, function_arn)
    named = tuple(make_arn(region, account, question) for make_arn in make)
    return Subjects(names=named, prefixes=tuple(prefix for arn in named for prefix in _versions_of(arn)))


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


def _versions_of(arn: str) -> Iterator[str]:
    """Answer what the ARNs of a thing's versions begin with, for things whose versions events name."""
    if ":/signing-profiles/" in arn:
        yield f"{arn}/"
    if _LAYER.fullmatch(arn):
        yield f"{arn}:"


def _tell(record: EventRecord) -> Deed:
    said: dict[str, Any] = orjson.loads(record.text)
    sealgate = said.get("sealgate", {})
    return Deed(
        when=record.event_time.isoformat().replace("+00:00", "Z"),
        what=record.event_name,
        who=said.get("userIdentity", {}).get("arn", ""),
        where=said.get("sourceIPAddress", ""),
        outcome=said.get("errorCode") or said.get("detail", {}).get("status") or "granted",
        details=_details(record, sealgate.get("admission") or sealgate.get("publication") or {}),
        checks=tuple(_checks(sealgate.get("admission") or {})),
        event_id=record.event_id,
    )


def _checks(admission: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for package in (admission, *admission.get("layers", ())):
        of = f"{package['layerVersionArn']}: " if "layerVersionArn" in package else ""
        yield from ((each["check"], each["status"], of + each["detail"]) for each in package.get("checks", ()))


def _details(record: EventRecord, told: Mapping[str, Any]) -> dict[str, str]:
    signer = told.get("signature") or {}
    found = {
        "package": told.get("packageSha256"),
        "function": told.get("function"),
        "layer": told.get("layerVersionArn"),
        "config": told.get("codeSigningConfigArn"),
        "verdict": told.get("outcome"),
        "signed by": signer.get("profileVersionArn"),
        "in job": signer.get("jobArn"),
    }
    named = {word: str(what) for word, what in found.items() if what is not None}
    others = [each.name for each in record.resources if each.name not in named.values() and "sha256:" not in each.name]
    return named | ({"about": ", ".join(others)} if others else {})
