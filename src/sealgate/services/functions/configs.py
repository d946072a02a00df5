"""Code signing configs, and which functions have one."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping, Sequence

from sealgate.arn import canonical_publisher
from sealgate.clock import Clock
from sealgate.services.audit.notes import note_resource
from sealgate.services.functions.errors import (
    ConfigInUse,
    ConfigNotFound,
    ConfigToAttachNotFound,
    FunctionNotFound,
)
from sealgate.services.functions.names import FunctionName, check_own, parse_unqualified_name
from sealgate.services.functions.tags import check_tags, merged_tags, tags_without
from sealgate.services.paging import ListTokens, Page
from sealgate.services.scope import Scope
from sealgate.services.switches import CONFIG
from sealgate.store.configs import CodeSigningConfig, configs, select_configs
from sealgate.store.database import Database, Tx
from sealgate.store.functions import Function, find_latest, functions, select_functions_of_config

DEFAULT_POLICY = "Warn"
MAX_PAGE = 10_000
"""Items of one answer of a list (Lambda API reference, MaxItems)."""

_ID_PREFIX = "csc-0"
"""Every id that AWS has been seen to give begins so; 16 hexadecimal digits follow."""


class ConfigService:
    """The nine operations on code signing configs.

    A publisher is kept in AWS's form and never looked up: an allowed publisher may belong to another account or region
    and need not exist yet.
    """

    def __init__(self, *, db: Database, clock: Clock, strict_aws: bool = False) -> None:
        self._db = db
        self._clock = clock
        self._strict_aws = strict_aws

    def create(
        self,
        scope: Scope,
        *,
        publishers: Sequence[str],
        policy: str | None,
        description: str | None,
        tags: Mapping[str, str],
    ) -> CodeSigningConfig:
        """Create a config; without a policy it warns.

        Raises:
            InvalidParameter: The tags are too many, or one is AWS's.
            Invalid: One is a switch that there is not, or that cannot be set so.
        """
        check_tags(tags, kind=CONFIG)
        config = CodeSigningConfig(
            account=scope.account,
            region=scope.region,
            config_id=_ID_PREFIX + secrets.token_hex(8),
            description=description,
            publishers=self._canonical(publishers),
            policy=policy or DEFAULT_POLICY,
            tags=tags,
            last_modified=self._clock(),
        )
        with self._db.write() as tx:
            configs.insert(tx, config)
        note_resource(config.arn)
        return config

    def get(self, scope: Scope, arn: str) -> CodeSigningConfig:
        """Answer a config.

        Raises:
            ConfigNotFound: There is none of this ARN.
        """
        with self._db.read() as tx:
            return _get_config(tx, scope, arn)

    def update(
        self,
        scope: Scope,
        arn: str,
        *,
        publishers: Sequence[str] | None,
        policy: str | None,
        description: str | None,
    ) -> CodeSigningConfig:
        """Change what is given, and keep what is None.

        A config without a description has an empty one from its first update on, as on AWS. What was deployed under
        the config is not looked at again.

        Raises:
            ConfigNotFound: There is none of this ARN.
        """
        with self._db.write() as tx:
            old = _get_config(tx, scope, arn)
            new = dataclasses.replace(
                old,
                publishers=old.publishers if publishers is None else self._canonical(publishers),
                policy=policy or old.policy,
                description=(old.description or "") if description is None else description,
            )
            if new == old:
                return old
            new = dataclasses.replace(new, last_modified=self._clock())
            configs.replace(tx, new)
            return new

    def delete(self, scope: Scope, arn: str) -> None:
        """Delete a config that no function has.

        Raises:
            ConfigNotFound: There is none of this ARN.
            ConfigInUse: A function has it.
        """
        with self._db.write() as tx:
            config = _get_config(tx, scope, arn)
            if _functions_of(tx, config, after="", limit=1):
                raise ConfigInUse
            configs.delete(tx, account=scope.account, region=scope.region, config_id=config.config_id)

    def list_configs(self, scope: Scope, *, marker: str | None, limit: int | None) -> Page[CodeSigningConfig]:
        """Answer the configs by id.

        Raises:
            Invalid: The marker is none of this list's.
        """
        limit = min(limit or MAX_PAGE, MAX_PAGE)
        tokens = ListTokens("configs", scope.account, scope.region)
        (after,) = tokens.parse(marker, parts=1) if marker else ("",)
        with self._db.read() as tx:
            found = select_configs(tx, account=scope.account, region=scope.region, after=after, limit=limit + 1)
        more = tokens.encode(found[limit - 1].config_id) if len(found) > limit else None
        return Page(items=tuple(found[:limit]), next_token=more)

    def list_functions(self, scope: Scope, arn: str, *, marker: str | None, limit: int | None) -> Page[str]:
        """Answer the unqualified ARNs of the functions that have a config, by name.

        Raises:
            ConfigNotFound: There is no config of this ARN.
            Invalid: The marker is none of this list's.
        """
        limit = min(limit or MAX_PAGE, MAX_PAGE)
        tokens = ListTokens("functions of a config", arn)
        (after,) = tokens.parse(marker, parts=1) if marker else ("",)
        with self._db.read() as tx:
            found = _functions_of(tx, _get_config(tx, scope, arn), after=after, limit=limit + 1)
        more = tokens.encode(found[limit - 1].name) if len(found) > limit else None
        return Page(items=tuple(function.arn for function in found[:limit]), next_token=more)

    def attach(self, scope: Scope, function_name: str, arn: str) -> Function:
        """Attach a config to a function, in place of the one it may have, and answer it; its code is not looked at.

        Raises:
            ConfigToAttachNotFound: There is no config of this ARN; said before a missing function is.
            FunctionNotFound: There is no such function.
            InvalidParameter: The function's name has a qualifier.
        """
        name = _parse_own_name(function_name, scope)
        with self._db.write() as tx:
            config = get_config_to_attach(tx, scope, arn)
            function = dataclasses.replace(_get_function(tx, name), config_id=config.config_id)
            functions.replace(tx, function)
        return function

    def get_function(self, scope: Scope, function_name: str) -> Function:
        """Answer a function, which knows the config that is attached to it.

        Raises:
            FunctionNotFound: There is no such function.
            InvalidParameter: The function's name has a qualifier.
        """
        name = _parse_own_name(function_name, scope)
        with self._db.read() as tx:
            return _get_function(tx, name)

    def detach(self, scope: Scope, function_name: str) -> None:
        """Take a function's config away, if it has one.

        Raises:
            FunctionNotFound: There is no such function.
            InvalidParameter: The function's name has a qualifier.
        """
        name = _parse_own_name(function_name, scope)
        with self._db.write() as tx:
            functions.replace(tx, dataclasses.replace(_get_function(tx, name), config_id=None))

    def get_tags(self, scope: Scope, arn: str) -> Mapping[str, str]:
        """Answer a config's tags.

        Raises:
            ConfigNotFound: There is none of this ARN.
        """
        return self.get(scope, arn).tags

    def tag(self, scope: Scope, arn: str, tags: Mapping[str, str]) -> None:
        """Add tags to a config, or change their values.

        Raises:
            ConfigNotFound: There is none of this ARN.
            InvalidParameter: The tags are none or too many, or one is AWS's.
            Invalid: One is a switch that there is not, or that cannot be set so.
        """
        with self._db.write() as tx:
            config = _get_config(tx, scope, arn)
            configs.replace(tx, dataclasses.replace(config, tags=merged_tags(config.tags, tags, kind=CONFIG)))

    def untag(self, scope: Scope, arn: str, keys: Sequence[str]) -> None:
        """Remove tags from a config; a key that it does not have is no error.

        Raises:
            ConfigNotFound: There is none of this ARN.
        """
        with self._db.write() as tx:
            config = _get_config(tx, scope, arn)
            configs.replace(tx, dataclasses.replace(config, tags=tags_without(config.tags, keys)))

    def _canonical(self, publishers: Sequence[str]) -> tuple[str, ...]:
        """Write publishers in AWS's form; under `strict_aws` they stay as they are, where AWS matches no other form."""
        return tuple(publishers if self._strict_aws else map(canonical_publisher, publishers))


def find_config(tx: Tx, scope: Scope, arn: str) -> CodeSigningConfig | None:
    """Answer the config of this ARN, when it is one of this account and region."""
    config_id = arn.rpartition(":")[2]
    config = configs.find(tx, account=scope.account, region=scope.region, config_id=config_id)
    return config if config is not None and config.arn == arn else None


def get_config_to_attach(tx: Tx, scope: Scope, arn: str) -> CodeSigningConfig:
    """Answer the config that a function should get.

    Raises:
        ConfigToAttachNotFound: There is none of this ARN.
    """
    config = find_config(tx, scope, arn)
    if config is None:
        raise ConfigToAttachNotFound(arn)
    return config


def _get_config(tx: Tx, scope: Scope, arn: str) -> CodeSigningConfig:
    config = find_config(tx, scope, arn)
    if config is None:
        raise ConfigNotFound(arn)
    return config


def _parse_own_name(text: str, scope: Scope) -> FunctionName:
    return check_own(parse_unqualified_name(text, scope), scope)


def _get_function(tx: Tx, name: FunctionName) -> Function:
    function = find_latest(tx, **name.place, name=name.name)
    if function is None:
        raise FunctionNotFound(name.arn)
    return function


def _functions_of(tx: Tx, config: CodeSigningConfig, *, after: str, limit: int) -> list[Function]:
    return select_functions_of_config(
        tx, account=config.account, region=config.region, config_id=config.config_id, after=after, limit=limit
    )
