"""How asynchronous invocations of a function are retried: EventInvokeConfig.

Source: Lambda API reference, PutFunctionEventInvokeConfig; developer guide, "How Lambda handles errors and retries with
asynchronous invocation".
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from sealgate.clock import Clock
from sealgate.errors import NotFound
from sealgate.services.functions.errors import InvalidParameter
from sealgate.services.functions.names import FunctionName, check_own, parse_function_name
from sealgate.services.functions.resolution import resolve
from sealgate.services.paging import ListTokens, Page
from sealgate.services.scope import Scope
from sealgate.store.database import Database, Tx
from sealgate.store.functions import LATEST
from sealgate.store.invocations import InvokeConfig, invoke_configs, select_invoke_configs

DEFAULT_RETRIES = 2
DEFAULT_AGE = 21_600
"""Seconds that an invocation may wait: six hours."""
MAX_PAGE = 50


class InvokeConfigNotFound(NotFound):
    """A function, version or alias has no such config."""

    def __init__(self, arn: str) -> None:
        super().__init__(f"The function {arn} doesn't have an EventInvokeConfig")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryChange:
    """What a call says; None: nothing.

    Attributes:
        max_retries: Attempts after the first.
        max_age: Seconds that an invocation may wait.
    """

    max_retries: int | None
    max_age: int | None


class RetryService:
    """The use cases of EventInvokeConfig."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def put(self, scope: Scope, function: str, qualifier: str | None, change: RetryChange) -> InvokeConfig:
        """Set how invocations are retried; what is not said becomes the default again.

        Raises:
            FunctionNotFound: There is no such function, version or alias.
            InvalidParameter: Nothing is said at all.
        """
        name = _parse_name(function, scope, qualifier)
        if change.max_retries is None and change.max_age is None:
            raise InvalidParameter("You must specify at least one of error handling or destination setting.")
        with self._db.write() as tx:
            resolve(tx, name)
            config = self._make(name, change)
            if _find(tx, name) is None:
                invoke_configs.insert(tx, config)
            else:
                invoke_configs.replace(tx, config)
        return config

    def update(self, scope: Scope, function: str, qualifier: str | None, change: RetryChange) -> InvokeConfig:
        """Change how invocations are retried; what is not said stays.

        Raises:
            FunctionNotFound: There is no such function, version or alias.
            InvokeConfigNotFound: Nothing has been set yet.
        """
        name = _parse_name(function, scope, qualifier)
        with self._db.write() as tx:
            resolve(tx, name)
            config = _get(tx, name)
            changed = dataclasses.replace(
                config,
                max_retries=config.max_retries if change.max_retries is None else change.max_retries,
                max_age=config.max_age if change.max_age is None else change.max_age,
                last_modified=self._clock(),
            )
            invoke_configs.replace(tx, changed)
        return changed

    def get(self, scope: Scope, function: str, qualifier: str | None) -> InvokeConfig:
        """Answer what was set.

        Raises:
            FunctionNotFound: There is no such function, version or alias.
            InvokeConfigNotFound: Nothing was.
        """
        name = _parse_name(function, scope, qualifier)
        with self._db.read() as tx:
            resolve(tx, name)
            return _get(tx, name)

    def delete(self, scope: Scope, function: str, qualifier: str | None) -> None:
        """Go back to the defaults.

        Raises:
            FunctionNotFound: There is no such function, version or alias.
            InvokeConfigNotFound: Nothing was set.
        """
        name = _parse_name(function, scope, qualifier)
        with self._db.write() as tx:
            resolve(tx, name)
            _get(tx, name)
            invoke_configs.delete(tx, **_key(name))

    def list_configs(self, scope: Scope, function: str, *, marker: str | None, limit: int | None) -> Page[InvokeConfig]:
        """Answer all that was set for a function, its versions and aliases.

        Raises:
            FunctionNotFound: There is no such function.
            Invalid: The marker is none of this list's.
        """
        name = _parse_name(function, scope, None)
        size = min(limit or MAX_PAGE, MAX_PAGE)
        tokens = ListTokens("invoke-configs", scope.account, scope.region, name.name)
        (start,) = tokens.parse(marker, parts=1) if marker else ("",)
        with self._db.read() as tx:
            resolve(tx, name)
            found = select_invoke_configs(tx, **name.place, function=name.name, start=start, limit=size + 1)
        more = tokens.encode(found[size].qualifier) if len(found) > size else None
        return Page(items=tuple(found[:size]), next_token=more)

    def _make(self, name: FunctionName, change: RetryChange) -> InvokeConfig:
        return InvokeConfig(
            **_key(name), max_retries=change.max_retries, max_age=change.max_age, last_modified=self._clock()
        )


def find_retries(tx: Tx, *, account: str, region: str, function: str, qualifier: str) -> tuple[int, int]:
    """Answer how often an invocation is retried, and how many seconds it may wait."""
    config = invoke_configs.find(tx, account=account, region=region, function=function, qualifier=qualifier)
    retries = None if config is None else config.max_retries
    age = None if config is None else config.max_age
    return DEFAULT_RETRIES if retries is None else retries, DEFAULT_AGE if age is None else age


def _parse_name(function: str, scope: Scope, qualifier: str | None) -> FunctionName:
    return check_own(parse_function_name(function, scope, qualifier=qualifier), scope)


def _key(name: FunctionName) -> dict[str, str]:
    qualifier = "" if name.qualifier in (None, LATEST) else str(name.qualifier)
    return {**name.place, "function": name.name, "qualifier": qualifier}


def _find(tx: Tx, name: FunctionName) -> InvokeConfig | None:
    return invoke_configs.find(tx, **_key(name))


def _get(tx: Tx, name: FunctionName) -> InvokeConfig:
    config = _find(tx, name)
    if config is None:
        raise InvokeConfigNotFound(f"{name.unqualified_arn}:{name.qualifier or LATEST}")
    return config
