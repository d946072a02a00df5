"""Published versions: code and settings of a function, frozen under a number that is never given again."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from sealgate.services.functions.errors import (
    FunctionNotFound,
    InvalidParameter,
    RevisionMismatch,
    VersionInUse,
)
from sealgate.services.functions.names import FunctionName, parse_function_name, parse_latest_name, parse_version
from sealgate.services.functions.states import FunctionState, Phase, new_revision, settled, still_changing
from sealgate.services.layers.attachment import list_attached
from sealgate.services.paging import ListTokens, Page
from sealgate.services.scope import Scope
from sealgate.store.aliases import select_aliases
from sealgate.store.database import Database, Tx
from sealgate.store.function_policies import function_policies
from sealgate.store.functions import (
    LATEST_NUMBER,
    Function,
    find_latest,
    find_newest_version,
    functions,
    select_all_versions,
    select_versions,
)
from sealgate.store.invocations import invoke_configs

MAX_PAGE = 50
"""Versions of one answer of a list (Lambda API reference, ListVersionsByFunction)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """What shall be published.

    Attributes:
        code_sha256: What the package must hash to, base64; None for any.
        description: None keeps the function's.
        revision_id: The revision that the function must be in; None for any.
    """

    code_sha256: str | None = None
    description: str | None = None
    revision_id: str | None = None


class VersionService:
    """The use cases of versions."""

    def __init__(self, *, db: Database) -> None:
        self._db = db

    def publish(self, scope: Scope, function_name: str, new: NewVersion) -> FunctionState:
        """Freeze a function's code and settings as a version; where nothing has changed, answer the newest one.

        Raises:
            FunctionNotFound: There is no such function.
            RevisionMismatch: The function is in another revision than the named one.
            InvalidParameter: Its code has another hash than the named one, or the name has a qualifier.
        """
        name = parse_latest_name(function_name, scope)
        with self._db.write() as tx:
            latest = find_latest(tx, **name.place, name=name.name)
            if latest is None:
                raise FunctionNotFound(name.unqualified_arn)
            if new.revision_id is not None and new.revision_id != latest.revision_id:
                raise RevisionMismatch
            _check_code(latest, new.code_sha256)
            return publish(tx, latest, description=new.description)

    def list_versions(
        self, scope: Scope, function_name: str, *, marker: str | None, limit: int | None
    ) -> Page[FunctionState]:
        """Answer `$LATEST` and the versions of a function, the oldest first.

        Raises:
            FunctionNotFound: There is no such function.
            Invalid: The marker is none of this list's.
        """
        name = parse_function_name(function_name, scope)
        limit = min(limit or MAX_PAGE, MAX_PAGE)
        tokens = ListTokens("versions", name.unqualified_arn)
        after = int(tokens.parse(marker, parts=1)[0]) if marker else LATEST_NUMBER - 1
        with self._db.read() as tx:
            if find_latest(tx, **name.place, name=name.name) is None:
                raise FunctionNotFound(name.unqualified_arn)
            found = select_versions(tx, **name.place, name=name.name, after=after, limit=limit + 1)
            items = _qualified(tx, found[:limit])
        more = tokens.encode(str(found[limit - 1].version)) if len(found) > limit else None
        return Page(items=items, next_token=more)

    def list_all(self, scope: Scope, *, marker: str | None, limit: int | None) -> Page[FunctionState]:
        """Answer `$LATEST` and the versions of all functions, by name and number.

        Raises:
            Invalid: The marker is none of this list's.
        """
        limit = min(limit or MAX_PAGE, MAX_PAGE)
        tokens = ListTokens("versions of all functions", scope.account, scope.region)
        name, number = tokens.parse(marker, parts=2) if marker else ("", str(LATEST_NUMBER - 1))
        with self._db.read() as tx:
            found = select_all_versions(
                tx, account=scope.account, region=scope.region, after=(name, int(number)), limit=limit + 1
            )
            items = _qualified(tx, found[:limit])
        more = tokens.encode(found[limit - 1].name, str(found[limit - 1].version)) if len(found) > limit else None
        return Page(items=items, next_token=more)


def publish(tx: Tx, latest: Function, *, description: str | None = None) -> FunctionState:
    """Freeze `$LATEST` as a version; where code and settings are those of the newest one, answer that.

    The description is no reason for a new version, since a version may have one of its own. A new version changes the
    function's revision, as on AWS.
    """
    newest = find_newest_version(tx, latest)
    if newest is not None and newest.version == latest.last_version and _frozen(latest, newest) == newest:
        return settled(tx, newest, qualifier=newest.version_name)
    number = latest.last_version + 1
    version = dataclasses.replace(
        latest,
        version=number,
        last_version=LATEST_NUMBER,
        description=latest.description if description is None else description,
        config_id=None,
        reserved_concurrency=None,
        tags={},
        revision_id=new_revision(),
    )
    functions.insert(tx, version)
    functions.replace(tx, dataclasses.replace(latest, last_version=number, revision_id=new_revision()))
    layers = list_attached(tx, version)
    return still_changing(version, Phase.CREATING, layers=layers, qualifier=version.version_name)


def delete_version(tx: Tx, name: FunctionName) -> None:
    """Delete a published version, with its policy and how it is retried; its number is not given again.

    Raises:
        FunctionNotFound: There is no such version.
        InvalidParameter: The qualifier is none of a published version.
        VersionInUse: An alias points to it.
    """
    assert name.qualifier is not None
    number = parse_version(name.qualifier)
    if number == LATEST_NUMBER:
        raise InvalidParameter("$LATEST version cannot be deleted without deleting the function.")
    if number is None and not name.qualifier.isdecimal():
        raise InvalidParameter(f"{name.qualifier!r} is no version; DeleteAlias deletes an alias.")
    found = None if number is None else functions.find(tx, **name.place, name=name.name, version=number)
    if found is None:
        raise FunctionNotFound(name.arn)
    pointing = [
        alias.name
        for alias in select_aliases(tx, **name.place, function=name.name)
        if found.version in (alias.version, *alias.routing)
    ]
    if pointing:
        raise VersionInUse(pointing)
    function_policies.delete(tx, **name.place, function=name.name, qualifier=name.qualifier)
    invoke_configs.delete(tx, **name.place, function=name.name, qualifier=name.qualifier)
    functions.delete(tx, **name.place, name=name.name, version=found.version)


def _qualified(tx: Tx, found: Sequence[Function]) -> tuple[FunctionState, ...]:
    return tuple(settled(tx, each, qualifier=each.version_name) for each in found)


def _frozen(latest: Function, version: Function) -> Function:
    """Answer what a version would be that is frozen of `$LATEST` now, but for what says nothing about its contents."""
    return dataclasses.replace(
        latest,
        version=version.version,
        last_version=version.last_version,
        description=version.description,
        config_id=version.config_id,
        reserved_concurrency=version.reserved_concurrency,
        tags=version.tags,
        revision_id=version.revision_id,
        last_modified=version.last_modified,
    )


def _check_code(latest: Function, wanted: str | None) -> None:
    found = base64.b64encode(bytes.fromhex(latest.code_sha256)).decode()
    if wanted is not None and wanted != found:
        raise InvalidParameter(
            f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({found}). "
            "Please try again with the CodeSHA256 in $LATEST."
        )
