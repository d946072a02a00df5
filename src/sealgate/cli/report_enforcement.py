"""What `sealgate fleet --policy Enforce` found: a table for people, JSON for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sealgate.cli.report_deployed import describe_part, describe_version, draw_by_place, name_layer
from sealgate.cli.table import Row
from sealgate.cli.terminal import encode_time

if TYPE_CHECKING:
    from sealgate.services.fleet.enforcement import Forecast, Forecasts, JudgedPart

_HEAD = ("OUTCOME", "FUNCTION", "POLICY NOW", "WHY")


def encode_enforcement_json(forecasts: Forecasts) -> str:
    """Write what would become of every function as one JSON object."""
    described = {
        "judgedAt": encode_time(forecasts.judged_at.replace(microsecond=0)),
        "policy": "Enforce",
        "functions": [_describe(each) for each in forecasts.functions],
    }
    return json.dumps(described, indent=2) + "\n"


def encode_enforcement_text(forecasts: Forecasts) -> str:
    """Write what would become of every function as a table."""
    rows = [((each.holding.function.account, each.holding.function.region), _row(each)) for each in forecasts.functions]
    lines = [*draw_by_place(_HEAD, rows, colours=None), _summary(forecasts)]
    return "".join(f"{line}\n" for line in lines)


def _outcome(forecast: Forecast) -> str:
    if forecast.holding.config is None:
        return "not governed"
    return "passes" if forecast.refused is None else "refused"


def _describe(forecast: Forecast) -> dict[str, Any]:
    refused = forecast.refused
    return {
        **describe_version(forecast.holding),
        "outcome": _outcome(forecast),
        "reason": None if refused is None else refused.decision.kind,
        "refusedLayerVersionArn": None if refused is None or refused.part.layer is None else refused.part.layer.arn,
        "packages": [_describe_part(each) for each in forecast.parts],
    }


def _describe_part(judged: JudgedPart) -> dict[str, Any]:
    return {
        **describe_part(judged.part),
        "outcome": judged.decision.outcome,
        "reason": judged.decision.kind,
        "checks": [
            {"check": each.check, "status": each.status, "detail": each.detail} for each in judged.decision.findings
        ],
    }


def _row(forecast: Forecast) -> Row:
    config = forecast.holding.config
    return (
        _outcome(forecast),
        forecast.holding.function.name,
        "-" if config is None else config.policy,
        "" if forecast.refused is None else _tell(forecast, forecast.refused),
    )


def _tell(forecast: Forecast, refused: JudgedPart) -> str:
    layer = refused.part.layer
    where = "" if layer is None else f"layer {name_layer(layer, forecast.holding.function)}: "
    details = "; ".join(each.detail for each in refused.decision.findings if each.status == "failed")
    return f"{refused.decision.kind}: {where}{details}"


def _summary(forecasts: Forecasts) -> str:
    outcomes = [_outcome(each) for each in forecasts.functions]
    counted = ", ".join(f"{outcomes.count(each)} {each}" for each in ("refused", "passes", "not governed"))
    return f"{len(outcomes)} functions under Enforce: {counted}"
