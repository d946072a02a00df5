"""Aliases: names that point to versions of a function, to two of them by weight where wanted."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from sealgate.services.functions.errors import (
    AliasExists,
    AliasNotFound,
    FunctionNotFound,
    InvalidParameter,
    RevisionMismatch,
)
from sealgate.services.functions.names import FunctionName, parse_unqualified_name, parse_version
from sealgate.services.functions.states import new_revision
from sealgate.services.paging import ListTokens, Page
from sealgate.services.scope import Scope
from sealgate.store.aliases import Alias, aliases, select_aliases
from sealgate.store.database import Database, Tx
from sealgate.store.function_policies import function_policies
from sealgate.store.functions import LATEST_NUMBER, find_latest, functions
from sealgate.store.invocations import invoke_configs

MAX_PAGE = 50
"""Aliases of one answer of a list, as of the other lists of Lambda."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAlias:
    """An alias that shall be created.

    Attributes:
        version: What it points to, as calls name it: `$LATEST` or a number.
        routing: A further version and its share of the invocations, 0 to 1; empty for none.
    """

    name: str
    version: str
    description: str
    routing: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasChange:
    """What shall become of an alias; None keeps what is there, and empty routing takes it away.

    Attributes:
        revision_id: The revision that the alias must be in; None for any.
    """

    version: str | None = None
    description: str | None = None
    routing: Mapping[str, float] | None = None
    revision_id: str | None = None


class AliasService:
    """The use cases of aliases."""

    def __init__(self, *, db: Database) -> None:
        self._db = db

    def create(self, scope: Scope, function_name: str, new: NewAlias) -> Alias:
        """Create an alias.

        Raises:
            FunctionNotFound: There is no such function or version.
            AliasExists: The name is taken.
            InvalidParameter: The routing cannot be.
        """
        name = parse_unqualified_name(function_name, scope)
        with self._db.write() as tx:
            version = _get_version(tx, name, new.version)
            alias = Alias(
                account=name.account,
                region=name.region,
                function=name.name,
                name=new.name,
                version=version,
                description=new.description,
                routing=_get_routing(tx, name, version, new.routing),
                revision_id=new_revision(),
            )
            if aliases.find(tx, **name.place, function=name.name, name=new.name) is not None:
                raise AliasExists(alias.arn)
            aliases.insert(tx, alias)
        return alias

    def get(self, scope: Scope, function_name: str, alias: str) -> Alias:
        """Answer an alias.

        Raises:
            FunctionNotFound: There is no such function.
            AliasNotFound: It has no such alias.
        """
        name = parse_unqualified_name(function_name, scope)
        with self._db.read() as tx:
            return _get_alias(tx, name, alias)

    def update(self, scope: Scope, function_name: str, alias: str, change: AliasChange) -> Alias:
        """Point an alias elsewhere, or describe it anew; its revision changes even where nothing else does, as on AWS.

        Raises:
            FunctionNotFound: There is no such function or version.
            AliasNotFound: The function has no such alias.
            RevisionMismatch: The alias is in another revision than the named one.
            InvalidParameter: The routing cannot be.
        """
        name = parse_unqualified_name(function_name, scope)
        with self._db.write() as tx:
            old = _get_alias(tx, name, alias)
            if change.revision_id is not None and change.revision_id != old.revision_id:
                raise RevisionMismatch
            version = old.version if change.version is None else _get_version(tx, name, change.version)
            kept = {str(number): weight for number, weight in old.routing.items()}
            new = dataclasses.replace(
                old,
                version=version,
                description=old.description if change.description is None else change.description,
                routing=_get_routing(tx, name, version, kept if change.routing is None else change.routing),
                revision_id=new_revision(),
            )
            aliases.replace(tx, new)
        return new

    def delete(self, scope: Scope, function_name: str, alias: str) -> None:
        """Delete an alias, with its policy and how it is retried; where there is none of this name, nothing happens.

        Raises:
            FunctionNotFound: There is no such function.
        """
        name = parse_unqualified_name(function_name, scope)
        with self._db.write() as tx:
            _check_function(tx, name)
            function_policies.delete(tx, **name.place, function=name.name, qualifier=alias)
            invoke_configs.delete(tx, **name.place, function=name.name, qualifier=alias)
            aliases.delete(tx, **name.place, function=name.name, name=alias)

    def list_aliases(
        self, scope: Scope, function_name: str, *, version: str | None, marker: str | None, limit: int | None
    ) -> Page[Alias]:
        """Answer the aliases of a function by name; only those that point to a version, if one is named.

        Raises:
            FunctionNotFound: There is no such function.
            Invalid: The marker is none of this list's.
        """
        name = parse_unqualified_name(function_name, scope)
        limit = min(limit or MAX_PAGE, MAX_PAGE)
        tokens = ListTokens("aliases", name.arn, version)
        (after,) = tokens.parse(marker, parts=1) if marker else ("",)
        with self._db.read() as tx:
            _check_function(tx, name)
            found = [
                alias
                for alias in select_aliases(tx, **name.place, function=name.name, after=after)
                if version is None or alias.version_name == version
            ]
        more = tokens.encode(found[limit - 1].name) if len(found) > limit else None
        return Page(items=tuple(found[:limit]), next_token=more)


def _check_function(tx: Tx, name: FunctionName) -> None:
    if find_latest(tx, **name.place, name=name.name) is None:
        raise FunctionNotFound(name.arn)


def _get_alias(tx: Tx, name: FunctionName, alias: str) -> Alias:
    _check_function(tx, name)
    found = aliases.find(tx, **name.place, function=name.name, name=alias)
    if found is None:
        raise AliasNotFound(f"{name.arn}:{alias}")
    return found


def _get_version(tx: Tx, name: FunctionName, text: str) -> int:
    """Answer the number of a version that is there.

    Raises:
        FunctionNotFound: It is not.
    """
    number = parse_version(text)
    if number is None or functions.find(tx, **name.place, name=name.name, version=number) is None:
        raise FunctionNotFound(f"{name.arn}:{text}")
    return number


def _get_routing(tx: Tx, name: FunctionName, version: int, weights: Mapping[str, float]) -> Mapping[int, float]:
    """Read the routing of an alias that points to a version. The weights themselves are within 0 and 1 already.

    Raises:
        FunctionNotFound: The further version is not there.
        InvalidParameter: There are too many, or the two are not two published versions.
    """
    if not weights:
        return {}
    if len(weights) > 1:
        raise InvalidParameter("Number of items in AdditionalVersionWeights cannot be greater than 1")
    if version == LATEST_NUMBER:
        raise InvalidParameter("$LATEST is not supported for an alias pointing to more than 1 version")
    routing = {_get_version(tx, name, text): weight for text, weight in weights.items()}
    if version in routing:
        raise InvalidParameter(
            f"Invalid function version {version}. "
            f"Function version {version} is already included in routing configuration."
        )
    return routing
