"""The ways to name a function: bare, partial ARN, full ARN, each with or without a qualifier."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sealgate.arn import function_arn, partition_of
from sealgate.services.functions.errors import FunctionNotFound, InvalidParameter, OtherAccount, OtherRegion
from sealgate.services.scope import Scope
from sealgate.store.functions import LATEST, LATEST_NUMBER

MAX_NAME = 64
"""Characters of a bare name (Lambda API reference, FunctionName)."""

_FORM = re.compile(
    r"(?:arn:(?P<partition>aws[a-zA-Z-]*):lambda:)?(?:(?P<region>[a-z]{2,4}(?:-[a-z]+)+-\d):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[a-zA-Z0-9_.-]+)(?::(?P<qualifier>[a-zA-Z0-9$_.-]+))?"
)
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
_UNQUALIFIED_ONLY = (
    "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. "
    "Please specify either a function name or an unqualified function ARN."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionName:
    """A function of the called region, as it was named.

    Attributes:
        account: Whose it is; the caller's where the name says nothing else.
        name: The bare name.
        qualifier: A version, an alias, `$LATEST`, or None.
    """

    account: str
    region: str
    name: str
    qualifier: str | None

    @property
    def unqualified_arn(self) -> str:
        """The ARN of the function, whatever its qualifier."""
        return function_arn(self.region, self.account, self.name)

    @property
    def arn(self) -> str:
        """The ARN, with the qualifier where one was given."""
        arn = self.unqualified_arn
        return arn if self.qualifier is None else f"{arn}:{self.qualifier}"

    @property
    def place(self) -> Mapping[str, Any]:
        """Account and region, as rows are looked up by."""
        return {"account": self.account, "region": self.region}

    def home(self, scope: Scope) -> Scope:
        """Answer the scope of a call in the function's own account."""
        return replace(scope, account=self.account)


def parse_function_name(text: str, scope: Scope, *, qualifier: str | None = None) -> FunctionName:
    """Read a function's name in any of its forms. Whether its account is the caller's is not asked here.

    Args:
        text: The name.
        scope: Whose call it is; the region in the name must be the same.
        qualifier: The qualifier that the call gives beside the name.

    Raises:
        InvalidParameter: No such form, or two different qualifiers.
        OtherRegion: The function is not one of this region.
        FunctionNotFound: The ARN is of a partition that the region is not in.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise InvalidParameter(f"{text!r} is neither a function name nor a function ARN")
    if match["region"] not in (None, scope.region):
        raise OtherRegion(named=match["region"], called=scope.region)
    if match["partition"] not in (None, partition_of(scope.region)):
        raise FunctionNotFound(text)
    derived = match["qualifier"]
    if derived is not None and qualifier is not None and derived != qualifier:
        raise InvalidParameter("The derived qualifier from the function name does not match the specified qualifier.")
    return FunctionName(
        account=match["account"] or scope.account,
        region=scope.region,
        name=match["name"],
        qualifier=derived or qualifier,
    )


def parse_unqualified_name(text: str, scope: Scope) -> FunctionName:
    """Read the name of a function as a whole.

    AWS refuses a qualifier here before it looks whether the function exists; its text is not known.

    Raises:
        InvalidParameter: A qualifier was given, or as `parse_function_name`.
    """
    name = parse_function_name(text, scope)
    if name.qualifier is not None:
        raise InvalidParameter(_UNQUALIFIED_ONLY)
    return name


def parse_latest_name(text: str, scope: Scope) -> FunctionName:
    """Read the name of a function whose code or settings shall change: it may say `$LATEST`, but no other qualifier.

    Raises:
        InvalidParameter: A version or an alias was named, or as `parse_function_name`.
    """
    name = parse_function_name(text, scope)
    if name.qualifier not in (None, LATEST):
        raise InvalidParameter(_UNQUALIFIED_ONLY)
    return name


def check_own(name: FunctionName, scope: Scope) -> FunctionName:
    """Answer the name of a function of the caller's own account.

    Raises:
        OtherAccount: It is another's, and the operation is none that one account may do with a function of another
            (Lambda developer guide, "Granting Lambda function access to other accounts").
    """
    if name.account != scope.account:
        raise OtherAccount(scope, name.arn)
    return name


def parse_version(text: str) -> int | None:
    """Answer the number of a version as calls name it, `$LATEST` or digits; None of what can be no version."""
    if text == LATEST:
        return LATEST_NUMBER
    return int(text) if _VERSION.fullmatch(text) else None
