"""What is demanded of packages, by a file of the shape of a code signing config.

    {
      "AllowedPublishers": {"SigningProfileVersionArns": ["arn:aws:signer:..."]},
      "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Enforce"}
    }

The members are those of Lambda's CreateCodeSigningConfig, so that `aws lambda create-code-signing-config
--cli-input-json` takes the same file, and one more: `"RequireManifest": true`. In JSON or, by the file's ending, TOML.
Nothing is ignored, and nothing has a default that would let something in: the policy has to be said.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from sealgate.arn import canonical_publisher, parse_arn
from sealgate.cli.demand import Demand, make_demand
from sealgate.errors import Invalid

MAX_PUBLISHERS = 20
"""Profile versions that one code signing config allows at most (Lambda API reference, AllowedPublishers)."""
MAX_DESCRIPTION = 256
"""Characters of a config's description at most (Lambda API reference, CreateCodeSigningConfig)."""

_OPTIONAL = ("Description", "RequireManifest")
_MAX_BYTES = 1 << 20
_PROFILE_VERSION = re.compile(r"/signing-profiles/[a-zA-Z0-9_-]{2,64}/[a-zA-Z0-9]{10}")


def parse_policy_file(path: Path) -> Demand:
    """Read a file of demands.

    Raises:
        Invalid: It is not what it should be; the message names the member and the rule.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise Invalid(f"{path}: has more than {_MAX_BYTES} bytes")
    try:
        return _parse_demand(_parse(content.decode(), is_toml=path.suffix == ".toml"), str(path))
    except (ValueError, RecursionError) as error:  # of both parsers, and of decoding
        raise Invalid(f"{path}: {error}") from error
    except Invalid as error:
        raise Invalid(f"{path}: {error.message}") from error


def _parse(text: str, *, is_toml: bool) -> Any:
    return tomllib.loads(text) if is_toml else json.loads(text, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        names = [name for name, _ in pairs]
        _refuse(next(name for name in names if names.count(name) > 1), "is given twice")
    return read


def _parse_demand(raw: Any, source: str) -> Demand:
    whole = _members(raw, (), required=("AllowedPublishers", "CodeSigningPolicies"), optional=_OPTIONAL)
    description = whole.get("Description", "")
    if not isinstance(description, str) or len(description) > MAX_DESCRIPTION:
        _refuse("Description", f"must be text of at most {MAX_DESCRIPTION} characters")
    (publishers,) = _only(whole, "AllowedPublishers", "SigningProfileVersionArns")
    (policy,) = _only(whole, "CodeSigningPolicies", "UntrustedArtifactOnDeployment")
    if policy not in ("Warn", "Enforce"):
        _refuse("CodeSigningPolicies.UntrustedArtifactOnDeployment", "must be Warn or Enforce")
    requires_manifest = whole.get("RequireManifest", False)
    if not isinstance(requires_manifest, bool):
        _refuse("RequireManifest", "must be true or false")
    return make_demand(
        source, publishers=_parse_publishers(publishers), policy=policy, requires_manifest=requires_manifest
    )


def _only(whole: Mapping[str, Any], place: str, name: str) -> Sequence[Any]:
    return list(_members(whole[place], (place,), required=(name,)).values())


def _members(
    raw: Any, place: Sequence[str], *, required: Sequence[str], optional: Sequence[str] = ()
) -> Mapping[str, Any]:
    if not isinstance(raw, dict):
        _refuse(".".join(place) or "the whole file", "must be an object")
    for name in raw:
        if name not in (*required, *optional):
            _refuse(".".join((*place, name)), "is unknown")
    for name in required:
        if name not in raw:
            _refuse(".".join((*place, name)), "is missing")
    return raw


def _parse_publishers(raw: Any) -> Sequence[str]:
    place = "AllowedPublishers.SigningProfileVersionArns"
    if not isinstance(raw, list) or not 1 <= len(raw) <= MAX_PUBLISHERS:
        _refuse(place, f"must be a list of 1 to {MAX_PUBLISHERS} ARNs")
    return [_parse_publisher(each, place) for each in raw]


def _parse_publisher(raw: Any, place: str) -> str:
    """Read the ARN of one profile version. AWS takes whatever looks like an ARN; what matches nothing is a mistake."""
    try:
        arn = parse_arn(canonical_publisher(raw)) if isinstance(raw, str) else None
    except Invalid:
        arn = None
    if arn is None or arn.service != "signer" or not _PROFILE_VERSION.fullmatch(arn.resource):
        _refuse(place, f"{raw!r} is not the ARN of a signing profile's version")
    return str(arn)


def _refuse(member: str, rule: str) -> NoReturn:
    raise Invalid(f"{member}: {rule}")
