"""The ways to name a function: bare, partial ARN, full ARN, each with or without a qualifier."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sealgate.arn import function_arn, partition_of
from sealgate.services.functions.errors import FunctionNotFound, InvalidParameter, OtherAccount, OtherRegion
from sealgate.services.scope import Scope
from sealgate.store.functions import LATEST

MAX_NAME = 64
"""Characters of a bare name (Lambda API reference, FunctionName)."""

_FORM = re.compile(
    r"(?:arn:(?P<partition>aws[a-zA-Z-]*):lambda:)?(?:(?P<region>[a-z]{2,4}(?:-[a-z]+)+-\d):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[a-zA-Z0-9_.-]+)(?::(?P<qualifier>[a-zA-Z0-9$_.-]+))?"
)
_UNQUALIFIED_ONLY = (
    "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. "
    "Please specify either a function name or an unqualified function ARN."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionName:
    """A function of the caller's account and region, as it was named.

    Attributes:
        name: The bare name.
        qualifier: A version, an alias, `$LATEST`, or None.
    """

    name: str
    qualifier: str | None

    def arn(self, scope: Scope) -> str:
        """Write the ARN, with the qualifier where one was given."""
        arn = function_arn(scope.region, scope.account, self.name)
        return arn if self.qualifier is None else f"{arn}:{self.qualifier}"


def parse_function_name(text: str, scope: Scope, *, qualifier: str | None = None) -> FunctionName:
    """Read a function's name in any of its forms.

    Args:
        text: The name as the caller wrote it.
        scope: Whose call it is; a region or account in the name must be the same.
        qualifier: The qualifier that the call gives beside the name.

    Raises:
        InvalidParameter: No such form, or two different qualifiers.
        OtherRegion, OtherAccount: The function is not one of this account and region.
        FunctionNotFound: The ARN is of a partition that the region is not in.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise InvalidParameter(f"{text!r} is neither a function name nor a function ARN")
    if match["region"] not in (None, scope.region):
        raise OtherRegion(named=match["region"], called=scope.region)
    if match["account"] not in (None, scope.account):
        raise OtherAccount(scope, function_arn(scope.region, match["account"], match["name"]))
    if match["partition"] not in (None, partition_of(scope.region)):
        raise FunctionNotFound(text)
    derived = match["qualifier"]
    if derived is not None and qualifier is not None and derived != qualifier:
        raise InvalidParameter("The derived qualifier from the function name does not match the specified qualifier.")
    return FunctionName(name=match["name"], qualifier=derived or qualifier)


def parse_unqualified_name(text: str, scope: Scope) -> str:
    """Read the name of a function as a whole, and answer it bare.

    AWS refuses a qualifier here before it looks whether the function exists; its text is not known.

    Raises:
        InvalidParameter: A qualifier was given.
    """
    name = parse_function_name(text, scope)
    if name.qualifier is not None:
        raise InvalidParameter(_UNQUALIFIED_ONLY)
    return name.name


def parse_latest_name(text: str, scope: Scope, *, qualifier: str | None = None) -> FunctionName:
    """Read a name that may say `$LATEST` but no version or alias, since neither exists yet.

    Raises:
        FunctionNotFound: Another qualifier was given.
    """
    name = parse_function_name(text, scope, qualifier=qualifier)
    if name.qualifier not in (None, LATEST):
        raise FunctionNotFound(name.arn(scope))
    return name
