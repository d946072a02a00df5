"""What parameters may be called, and what a call names one by.

Source: AWS Systems Manager API reference, PutParameter (Name) and GetParameter (Name).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sealgate.arn import parameter_arn
from sealgate.services.parameters.errors import InvalidParameterRequest, ReservedParameterName
from sealgate.services.scope import Scope

MAX_NAME = 1011
MAX_LEVELS = 15
_PART = re.compile(r"[a-zA-Z0-9_.-]+")
_VERSION = re.compile(r"[0-9]{1,19}")
_FORM = (
    'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of '
    "sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 "
    "symbols .-_"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterName:
    """What a call names.

    Attributes:
        version: What stands behind the colon: a version's number, or a label; None where nothing does.
    """

    name: str
    version: str | None


def parse_parameter_name(scope: Scope, text: str) -> ParameterName:
    """Read a name or an ARN, with a version or a label behind it or without.

    Raises:
        InvalidParameterRequest: It is no name of a parameter of this account and region.
    """
    prefix = parameter_arn(scope.region, scope.account, "/")
    named = text.removeprefix(prefix)
    if text.startswith("arn:"):
        if named == text:
            raise InvalidParameterRequest(f"{text}: must be the ARN of a parameter of this account and region")
        named = f"/{named}" if "/" in named else named
    name, colon, version = named.partition(":")
    verify_parameter_form(name)
    return ParameterName(name=name, version=version if colon else None)


def verify_new_name(name: str) -> None:
    """Check the name that a parameter shall have.

    Raises:
        InvalidParameterRequest: It breaks a rule.
        ReservedParameterName: It is kept for AWS.
    """
    verify_parameter_form(name)
    first = name.strip("/").partition("/")[0].lower()
    if first.startswith("aws"):
        raise ReservedParameterName(name)
    if first.startswith("ssm"):
        raise InvalidParameterRequest(_FORM)


def verify_parameter_form(name: str) -> None:
    """Check that a text can be a parameter's name at all.

    Raises:
        InvalidParameterRequest: It cannot.
    """
    parts = name.removeprefix("/").split("/")
    if len(name) > MAX_NAME or not all(_PART.fullmatch(part) for part in parts):
        raise InvalidParameterRequest(_FORM)
    if "/" in name and not name.startswith("/"):
        raise InvalidParameterRequest("Parameter name must be a fully qualified name.")
    if len(parts) > MAX_LEVELS:
        raise InvalidParameterRequest(
            f"A hierarchy can have a maximum of {MAX_LEVELS} levels. Please choose a shorter name."
        )


def is_version(text: str) -> bool:
    """Tell whether what stands behind a name is a version's number, and no label."""
    return _VERSION.fullmatch(text) is not None
