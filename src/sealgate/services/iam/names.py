"""How IAM names things: unique ids, access keys, ARNs.

Source: IAM User Guide, "IAM identifiers", "Unique identifiers".
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from sealgate.errors import Invalid
from sealgate.store.iam.entities import Kind

PREFIXES: Mapping[Kind, str] = {"user": "AIDA", "group": "AGPA", "role": "AROA"}
POLICY_PREFIX = "ANPA"
LONG_TERM_PREFIX = "AKIA"
SESSION_PREFIX = "ASIA"

_RANDOM_BYTES = 15
_ID_RANDOM = 17
_KEY_RANDOM = 16
_SECRET_BYTES = 30
_NAMED = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account>\d{12}|aws):(?P<kind>[a-z]+)"
    r"(?P<path>/|/[\x21-\x7e]+/)(?P<name>[\w+=,.@-]+)",
    re.ASCII,
)
_MAX_ARN = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityName:
    """The ARN of a user, group, role or policy, taken apart.

    Attributes:
        account: 12 digits, or `aws`.
        kind: `user`, `role`, `policy` ...
        path: Begins and ends with a slash.
    """

    partition: str
    account: str
    kind: str
    path: str
    name: str


def find_entity_name(arn: str) -> EntityName | None:
    """Take an ARN of IAM apart; None where it is none."""
    match = _NAMED.fullmatch(arn) if len(arn) <= _MAX_ARN else None
    return None if match is None else EntityName(**match.groupdict())


def parse_entity_name(arn: str, kind: str) -> EntityName:
    """Take the ARN of something of one kind apart.

    Raises:
        Invalid: It is none.
    """
    found = find_entity_name(arn)
    if found is None or found.kind != kind:
        raise Invalid(f"ARN {arn} is not valid.")
    return found


def new_unique_id(prefix: str) -> str:
    """Draw the unique id of a user, group, role or policy: 21 characters."""
    return prefix + _random(_ID_RANDOM)


def new_access_key_id(prefix: str) -> str:
    """Draw the id of an access key: 20 characters."""
    return prefix + _random(_KEY_RANDOM)


def new_secret() -> str:
    """Draw a signing secret: 40 characters of base64."""
    return base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def _random(length: int) -> str:
    return base64.b32encode(secrets.token_bytes(_RANDOM_BYTES)).decode()[:length]
