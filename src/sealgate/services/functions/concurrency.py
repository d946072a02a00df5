"""How many invocations may run at once: what functions reserve of the account's share, and the account's limits."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from sealgate.package.rules import MAX_EXPANDED
from sealgate.services.functions.code_sources import MAX_UPLOAD
from sealgate.services.functions.errors import FunctionNotFound, InvalidParameter
from sealgate.services.functions.names import FunctionName, parse_unqualified_name
from sealgate.services.scope import Scope
from sealgate.store.database import Database, Tx
from sealgate.store.functions import Function, find_latest, functions, measure_functions
from sealgate.store.layers import sum_layer_code

MAX_CONCURRENCY = 1000
"""Invocations at once of all functions of an account in a region (Lambda quotas, the default)."""
MIN_UNRESERVED = 100
"""How many of them no function may reserve (Lambda developer guide, "Configuring reserved concurrency")."""
MAX_CODE = 80_530_636_800
"""Bytes of all packages of an account in a region (Lambda quotas: 75 GB); told, and not enforced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """The limits of an account in a region, and what is used of them. Sizes are in bytes.

    Attributes:
        total_code_size: Of all packages together, at most.
        unzipped_size: Of one package's contents, at most.
        zipped_size: Of one package sent in a request, at most.
        concurrency: Invocations at once.
        unreserved: Those of them that no function reserves.
        code_size: Of all packages of functions and layers now, each version counted.
        functions: How many there are, versions not counted.
    """

    total_code_size: int
    unzipped_size: int
    zipped_size: int
    concurrency: int
    unreserved: int
    code_size: int
    functions: int


class ConcurrencyService:
    """The use cases of reserved concurrency, which is of a function with all its versions."""

    def __init__(self, *, db: Database) -> None:
        self._db = db

    def reserve(self, scope: Scope, function_name: str, wanted: int) -> None:
        """Reserve so many invocations at once for a function, and allow it no more; 0 stops it.

        Raises:
            FunctionNotFound: There is no such function.
            InvalidParameter: Too few would be left to the others, or the name has a qualifier.
        """
        name = parse_unqualified_name(function_name, scope)
        with self._db.write() as tx:
            function = _get_function(tx, name)
            reserved = measure_functions(tx, **name.place).reserved - (function.reserved_concurrency or 0)
            if MAX_CONCURRENCY - reserved - wanted < MIN_UNRESERVED:
                raise InvalidParameter(
                    "Specified ReservedConcurrentExecutions for function decreases account's "
                    f"UnreservedConcurrentExecution below its minimum value of [{MIN_UNRESERVED}]."
                )
            functions.replace(tx, dataclasses.replace(function, reserved_concurrency=wanted))

    def get_reserved(self, scope: Scope, function_name: str) -> int | None:
        """Answer what a function reserves; None where it reserves nothing.

        Raises:
            FunctionNotFound: There is no such function.
            InvalidParameter: The name has a qualifier.
        """
        name = parse_unqualified_name(function_name, scope)
        with self._db.read() as tx:
            return _get_function(tx, name).reserved_concurrency

    def release(self, scope: Scope, function_name: str) -> None:
        """Let a function use what the account has left; one that reserves nothing stays as it is.

        Raises:
            FunctionNotFound: There is no such function.
            InvalidParameter: The name has a qualifier.
        """
        name = parse_unqualified_name(function_name, scope)
        with self._db.write() as tx:
            functions.replace(tx, dataclasses.replace(_get_function(tx, name), reserved_concurrency=None))

    def get_settings(self, scope: Scope) -> AccountSettings:
        """Answer the limits of the caller's account in the called region, and what is used of them."""
        with self._db.read() as tx:
            measured = measure_functions(tx, account=scope.account, region=scope.region)
            of_layers = sum_layer_code(tx, account=scope.account, region=scope.region)
        return AccountSettings(
            total_code_size=MAX_CODE,
            unzipped_size=MAX_EXPANDED,
            zipped_size=MAX_UPLOAD,
            concurrency=MAX_CONCURRENCY,
            unreserved=MAX_CONCURRENCY - measured.reserved,
            code_size=measured.code_size + of_layers,
            functions=measured.functions,
        )


def _get_function(tx: Tx, name: FunctionName) -> Function:
    function = find_latest(tx, **name.place, name=name.name)
    if function is None:
        raise FunctionNotFound(name.arn)
    return function
