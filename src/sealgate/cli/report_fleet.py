"""What `sealgate fleet` found: a table for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sealgate.arn import account_of, parse_arn
from sealgate.cli import terminal
from sealgate.cli.report_deployed import (
    describe_part,
    describe_version,
    draw_by_place,
    name_layer,
    name_pointers,
    name_version,
)
from sealgate.cli.table import Row
from sealgate.cli.terminal import encode_time

if TYPE_CHECKING:
    from sealgate.runtime.stored import StoredPackage
    from sealgate.services.fleet.fleet import PartState, Survey, VersionState
    from sealgate.store.functions import Function

_HEAD = ("STATUS", "FUNCTION", "ALIASES", "SIGNED BY")
_COLOURS = {
    "valid": terminal.GREEN,
    "unsigned": terminal.YELLOW,
    "expired": terminal.RED,
    "revoked": terminal.RED,
    "altered": terminal.RED,
}


def encode_fleet_json(survey: Survey) -> str:
    """Write the state of everything as one JSON object."""
    described = {
        "judgedAt": encode_time(survey.judged_at.replace(microsecond=0)),
        "counts": {status.value: number for status, number in survey.counts.items()},
        "versions": [_describe(each) for each in survey.versions],
    }
    return json.dumps(described, indent=2) + "\n"


def encode_fleet_text(survey: Survey, *, colourful: bool) -> str:
    """Write the state of everything as a table, with colours for a terminal if they are wanted."""
    rows = [
        ((each.holding.function.account, each.holding.function.region), row)
        for each in survey.versions
        for row in _rows(each)
    ]
    lines = [*draw_by_place(_HEAD, rows, colours=_COLOURS if colourful else None), _summary(survey)]
    return "".join(f"{line}\n" for line in lines)


def _describe(version: VersionState) -> dict[str, Any]:
    code, *layers = map(_describe_state, version.parts)
    del code["layerVersionArn"]
    return {**describe_version(version.holding), "status": version.status.value, "code": code, "layers": layers}


def _describe_state(found: PartState) -> dict[str, Any]:
    signature = found.state.signature
    return {
        **describe_part(found.part),
        "status": found.state.status.value,
        "details": list(found.state.details),
        "signedAt": None if signature is None else encode_time(signature.signing_time),
        "expiresAt": None if signature is None else encode_time(signature.expires_at),
        "root": None if signature is None else {"kind": signature.root_kind, "name": signature.root_name},
    }


def _rows(version: VersionState) -> Iterator[Row]:
    function = version.holding.function
    code, *layers = version.parts
    own = [] if code.state.status == version.status else [f"the code itself is {code.state.status.value}"]
    yield (
        version.status.value,
        name_version(function),
        name_pointers(version.holding),
        "\n".join([*own, *_signer(code, function)]),
    )
    for each in layers:
        assert each.part.layer is not None
        name = f"layer {name_layer(each.part.layer, function)}"
        yield (each.state.status.value, name, "", "\n".join(_signer(each, function)))


def _signer(found: PartState, function: Function) -> Iterator[str]:
    package, signature = found.part.package, found.state.signature
    if package.profile_version_arn is None or package.job_arn is None:
        yield from found.state.details or ("nobody",)
        return
    yield name_publisher(package, function)
    yield f"job {package.job_arn.rpartition('/')[2]}"
    if signature is not None:
        yield f"until {encode_time(signature.expires_at)}"
    yield from found.state.details


def name_publisher(package: StoredPackage, function: Function) -> str:
    """Name a profile version as its own account and region would; elsewhere by its ARN."""
    arn = package.profile_version_arn or ""
    is_near = account_of(arn) == function.account and parse_arn(arn).region == function.region
    return arn.partition("/signing-profiles/")[2] if is_near else arn


def _summary(survey: Survey) -> str:
    total = len(survey.versions)
    counted = ", ".join(f"{number} {status.value}" for status, number in survey.counts.items() if number)
    return f"{total or 'no'} version{'' if total == 1 else 's'}{f': {counted}' if counted else ''}"
