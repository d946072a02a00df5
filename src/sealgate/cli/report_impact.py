"""What `sealgate impact` found: a table for people, JSON for programs."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sealgate.cli.report_deployed import (
    describe_part,
    describe_version,
    draw_by_place,
    name_layer,
    name_pointers,
    name_version,
)
from sealgate.cli.table import WIDTH, Row
from sealgate.cli.terminal import encode_time, printable

if TYPE_CHECKING:
    from datetime import datetime

    from sealgate.services.fleet.impact import CarriedPart, Impact, LayerImpact, VersionImpact
    from sealgate.services.fleet.subjects import Subject
    from sealgate.trust.revocation import Revocation

_VERSIONS = ("FUNCTION", "ALIASES", "CARRIED BY", "DEPLOYING AGAIN", "STARTS")
_LAYERS = ("LAYER", "SIGNED", "ITS SIGNATURE")
_DEPLOYING = {
    "refused": "refused",
    "warned of": "let in with a warning",
    "not governed": "let in: no config",
    "unaffected": "as before",
}
_STARTING = {
    "stopped": "stopped; what runs is ended",
    "recorded": "go on, recorded",
    "unaffected": "as before",
}


def encode_impact_json(impact: Impact) -> str:
    """Write what carries a subject, and what becomes of it, as one JSON object."""
    described = {
        "judgedAt": encode_time(impact.judged_at.replace(microsecond=0)),
        "subject": _describe_subject(impact.subject),
        "versions": [_describe_version(each) for each in impact.versions],
        "layers": [_describe_layer(each) for each in impact.layers],
    }
    return json.dumps(described, indent=2) + "\n"


def encode_impact_text(impact: Impact) -> str:
    """Write what carries a subject, and what becomes of it, as tables."""
    return "".join(f"{line}\n" for line in _lines(impact))


def _describe_subject(subject: Subject) -> dict[str, Any]:
    return {
        "kind": subject.kind,
        "name": subject.name,
        "effectiveFrom": _moment(subject.effective_from),
        "revocation": None if subject.revocation is None else _describe_revocation(subject.revocation),
    }


def _describe_revocation(revocation: Revocation) -> dict[str, Any]:
    return {
        "revokedAt": _moment(revocation.revoked_at),
        "effectiveFrom": _moment(revocation.effective_from),
        "reason": revocation.reason,
    }


def _describe_version(found: VersionImpact) -> dict[str, Any]:
    return {
        **describe_version(found.holding),
        "packages": [_describe_part(each) for each in found.parts],
        "deploying": found.deploying,
        "starting": found.starting,
    }


def _describe_part(carried: CarriedPart) -> dict[str, Any]:
    return {**describe_part(carried.part), "signedAt": _moment(carried.signed_at), "falls": carried.falls}


def _describe_layer(found: LayerImpact) -> dict[str, Any]:
    layer = found.layer
    return {
        "arn": layer.arn,
        "account": layer.account,
        "region": layer.region,
        "layer": layer.name,
        "version": layer.version,
        "deleted": layer.deleted_at is not None,
        "packageSha256": layer.code_sha256,
        "profileVersionArn": layer.profile_version_arn,
        "jobArn": layer.job_arn,
        "signedAt": _moment(found.signed_at),
        "falls": found.falls,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else encode_time(moment.replace(microsecond=0))


def _lines(impact: Impact) -> Iterator[str]:
    yield f"{impact.subject.kind} {printable(impact.subject.name)}"
    yield from textwrap.wrap(printable(_headline(impact.subject)), WIDTH)
    yield ""
    versions = [
        ((each.holding.function.account, each.holding.function.region), _version_row(each)) for each in impact.versions
    ]
    yield from draw_by_place(_VERSIONS, versions, colours=None)
    layers = [((each.layer.account, each.layer.region), _layer_row(each)) for each in impact.layers]
    yield from draw_by_place(_LAYERS, layers, colours=None)
    yield _summary(impact)


def _headline(subject: Subject) -> str:
    revocation = subject.revocation
    if revocation is not None:
        since = f", for signatures made after {_moment(subject.effective_from)}" if subject.effective_from else ""
        return f"revoked {_moment(revocation.revoked_at)}{since}: {revocation.reason}"
    return f"not revoked; below is what becomes of it if {_supposed(subject)}"


def _supposed(subject: Subject) -> str:
    moment = _moment(subject.effective_from)
    if subject.kind == "certificate":
        return "every job that has signed with it is revoked: by itself it is not"
    if subject.kind == "issuing CA":
        doubted = "what signing jobs vouch for stands" if moment is None else f"records are doubted from {moment} on"
        return f"it is revoked: {doubted}"
    if subject.kind == "profile version":
        return f"it is revoked for {'all its signatures' if moment is None else f'signatures made after {moment}'}"
    return "it is revoked" if subject.kind == "signing job" else "it could be: it carries no signature that counts"


def _version_row(found: VersionImpact) -> Row:
    function = found.holding.function
    carried = [
        "its code" if each.part.layer is None else f"layer {name_layer(each.part.layer, function)}"
        for each in found.parts
    ]
    return (
        name_version(function),
        name_pointers(found.holding),
        "\n".join(carried),
        _DEPLOYING[found.deploying],
        _STARTING[found.starting],
    )


def _layer_row(found: LayerImpact) -> Row:
    deleted = " (deleted)" if found.layer.deleted_at is not None else ""
    return name_layer(found.layer) + deleted, _moment(found.signed_at) or "", "falls" if found.falls else "stands"


def _summary(impact: Impact) -> str:
    functions = {each.holding.latest.arn for each in impact.versions}
    pointers = {each.alias.arn for found in impact.versions for each in found.holding.pointers}
    stopped = sum(each.starting == "stopped" for each in impact.versions)
    return (
        f"{_count(len(impact.versions), 'version')} of {_count(len(functions), 'function')}, "
        f"{_count(len(pointers), 'alias', 'aliases')}, {_count(len(impact.layers), 'layer version')}; "
        f"{_count(stopped, 'version')} stopped"
    )


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"
