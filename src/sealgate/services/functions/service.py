"""Functions: their code, which admission lets in, and their settings.

A change is complete when the call ends: there is nothing to wait for. The answer to the call itself still says what
AWS's says (`Phase`), since clients expect it, and every later read finds the function active.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sealgate.clock import Clock
from sealgate.services.functions.admission import Admission
from sealgate.services.functions.aliases import AliasService
from sealgate.services.functions.code_sources import Candidate, CodeSource, CodeSources
from sealgate.services.functions.concurrency import ConcurrencyService
from sealgate.services.functions.configs import get_config_to_attach
from sealgate.services.functions.errors import (
    FunctionExists,
    FunctionNotFound,
    InvalidParameter,
    RevisionMismatch,
    UpdateInProgress,
)
from sealgate.services.functions.names import (
    MAX_NAME,
    FunctionName,
    check_own,
    parse_function_name,
    parse_latest_name,
    parse_unqualified_name,
)
from sealgate.services.functions.policies import FunctionPolicyService
from sealgate.services.functions.resolution import resolve
from sealgate.services.functions.runs import NEVER_RUN, Runs
from sealgate.services.functions.settings import SettingsChange, make_function
from sealgate.services.functions.states import FunctionState, Phase, new_revision, settled, still_changing
from sealgate.services.functions.tags import check_tags, merged_tags, tags_without
from sealgate.services.functions.verdicts import Deployment, Evidence
from sealgate.services.functions.versions import VersionService, delete_version, publish
from sealgate.services.layers.attachment import check_unzipped, get_layers_to_attach, list_attached
from sealgate.services.metrics.meter import UNWATCHED, Meter
from sealgate.services.objects.service import ObjectService
from sealgate.services.paging import ListTokens, Page
from sealgate.services.scope import Scope
from sealgate.services.signing.revocation import RevocationService
from sealgate.services.switches import NETWORK, read_switch
from sealgate.store.aliases import delete_aliases
from sealgate.store.blobs import BlobStore
from sealgate.store.configs import CodeSigningConfig, configs
from sealgate.store.database import Database, Tx
from sealgate.store.function_policies import delete_policies
from sealgate.store.functions import Function, delete_all_versions, find_latest, functions, select_functions
from sealgate.store.invocations import delete_invocations_of
from sealgate.store.layers import LayerVersion
from sealgate.trust.roots import TrustRoots

MAX_PAGE = 50
"""Functions of one answer of a list (Lambda API reference, ListFunctions)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFunction:
    """A function that shall be created.

    Attributes:
        name: In any form that names it in the caller's account and region.
        settings: Role, runtime and handler are needed; what else is None gets its default.
        config_arn: The code signing config to attach and to judge the first package by, or None.
        publish: Freeze it as version 1 too.
    """

    name: str
    settings: SettingsChange
    source: CodeSource
    config_arn: str | None
    tags: Mapping[str, str]
    publish: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeChange:
    """New code for a function.

    Attributes:
        architecture: None keeps it.
        dry_run: Judge the package, and store nothing; the revision is not looked at then, as on AWS.
        publish: Freeze the function with it as a version too.
        revision_id: The revision that the function must be in; None for any.
    """

    source: CodeSource
    architecture: str | None = None
    dry_run: bool = False
    publish: bool = False
    revision_id: str | None = None


class FunctionService:
    """Functions of every account and region.

    Attributes:
        versions: The use cases of versions.
        aliases: Those of aliases.
        policies: Those of what others may do with functions.
        concurrency: Those of reserved concurrency and the account's limits.
    """

    def __init__(
        self,
        *,
        db: Database,
        blobs: BlobStore,
        objects: ObjectService,
        revocation: RevocationService,
        roots: TrustRoots,
        clock: Clock,
        meter: Meter = UNWATCHED,
        runs: Runs = NEVER_RUN,
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._runs = runs
        self._sources = CodeSources(objects=objects, blobs=blobs)
        self._admission = Admission(db=db, revocation=revocation, roots=roots, clock=clock, meter=meter)
        self._clock = clock
        self.versions = VersionService(db=db)
        self.aliases = AliasService(db=db)
        self.policies = FunctionPolicyService(db=db)
        self.concurrency = ConcurrencyService(db=db)

    def create(self, scope: Scope, new: NewFunction) -> FunctionState:
        """Create a function, if its package and its layers are let in.

        Raises:
            InvalidParameter: Name, settings, layers or tags do not fit, the role does not trust Lambda, or the package
                cannot be read.
            Denied: The role is another account's.
            RuntimeUnavailable: This host cannot run functions of that runtime.
            FunctionExists: The name is taken.
            ConfigToAttachNotFound: There is no such code signing config.
            UploadTooLarge: The package is too large to be sent in the request.
            CodeVerificationFailed: The config does not let the package or a layer in.
        """
        name = _parse_new_name(new.name, scope)
        check_tags(new.tags)
        self._runs.check_runtime(new.settings.runtime or "")
        planned = dataclasses.replace(
            make_function(scope, name, new.settings),
            tags=new.tags,
            revision_id=new_revision(),
            last_modified=_whole_millisecond(self._clock()),
        )
        self._runs.check_role(planned)
        deployment = Deployment(scope=scope, function=name, subject=name, operation="CreateFunction")
        with self._db.read() as tx:
            config, layers = _prepare_creation(tx, scope, new, name)
        with self._sources.open(scope, new.source) as candidate:
            evidence = self._examine(candidate, layers, config, deployment)
            with self._db.write() as tx:
                config, _ = _prepare_creation(tx, scope, new, name)
                verdict = self._admission.judge(self._admission.renewed(tx, evidence), config, deployment)
                self._admission.record(tx, verdict)
                function = dataclasses.replace(
                    _with_code(planned, evidence[0]), config_id=None if config is None else config.config_id
                )
                shown = function
                if verdict.refusal is None:
                    candidate.keep()
                    functions.insert(tx, function)
                    shown = publish(tx, function).function if new.publish else function
                    self._db.after_commit(lambda: self._runs.note_change(function))
        self._admission.conclude(verdict)
        return still_changing(shown, Phase.CREATING, layers=layers)

    def update_code(self, scope: Scope, function_name: str, change: CodeChange) -> FunctionState:
        """Replace a function's code, if its code signing config lets the package in, and the layers that it has.

        Raises:
            FunctionNotFound: There is no such function.
            RevisionMismatch: The function is in another revision than the named one.
            UpdateInProgress: Another call changed the function while this one judged the package.
            InvalidParameter: The package cannot be read, or is too large together with the layers.
            UploadTooLarge: The package is too large to be sent in the request.
            CodeVerificationFailed: The config does not let the package or a layer in.
        """
        name = parse_latest_name(function_name, scope)
        expected = None if change.dry_run else change.revision_id
        with self._db.read() as tx:
            seen = _get_function(tx, name, revision_id=expected)
            config, layers = _config_of(tx, seen), list_attached(tx, seen)
        deployment = Deployment(
            scope=name.home(scope),
            function=seen.name,
            subject=seen.arn,
            operation="UpdateFunctionCode",
            dry_run=change.dry_run,
        )
        with self._sources.open(scope, change.source) as candidate:
            evidence = self._examine(candidate, layers, config, deployment)
            with self._db.write() as tx:
                current = _get_function(tx, name, revision_id=expected)
                _check_unchanged(current, seen)
                renewed = self._admission.renewed(tx, evidence)
                verdict = self._admission.judge(renewed, _config_of(tx, current), deployment)
                self._admission.record(tx, verdict)
                tried = SettingsChange(architecture=change.architecture).apply(_with_code(current, evidence[0]))
                state = FunctionState(function=tried, phase=Phase.TRIED, layers=layers)
                if verdict.refusal is None and not change.dry_run:
                    candidate.keep()
                    function = self._revised(tried)
                    functions.replace(tx, function)
                    state = still_changing(function, Phase.UPDATING, layers=layers)
                    state = publish(tx, function) if change.publish else state
                    self._db.after_commit(lambda: self._runs.note_change(function))
        self._admission.conclude(verdict)
        return state

    def update_settings(
        self,
        scope: Scope,
        function_name: str,
        change: SettingsChange,
        *,
        revision_id: str | None = None,
        config_arn: str | None = None,
    ) -> FunctionState:
        """Change a function's settings, and attach a code signing config where one is named.

        Layers are judged where the call gives any, by the config that the function has afterwards; code is not.

        Raises:
            ConfigToAttachNotFound: There is no such code signing config; said before a missing function is.
            FunctionNotFound: There is no such function.
            RevisionMismatch: The function is in another revision than the named one.
            UpdateInProgress: Another call changed the function while this one judged the layers.
            InvalidParameter: A setting or a layer does not fit, or the role does not trust Lambda.
            Denied: The role is another account's.
            RuntimeUnavailable: This host cannot run functions of that runtime.
            CodeVerificationFailed: The config does not let a layer in.
        """
        name = check_own(parse_latest_name(function_name, scope), scope)
        self._runs.check_runtime(change.runtime or "")
        with self._db.read() as tx:
            seen = _get_configured(tx, scope, name, config_arn, revision_id=revision_id)
            layers = list_attached(tx, seen)
            if change.layers is not None:
                layers = get_layers_to_attach(tx, scope, change.layers)
                check_unzipped(seen.unzipped_size, layers)
        if change.role is not None:
            self._runs.check_role(change.apply(seen))
        evidence = [] if change.layers is None else self._examine_layers(layers)
        deployment = Deployment(
            scope=scope, function=seen.name, subject=seen.arn, operation="UpdateFunctionConfiguration"
        )
        with self._db.write() as tx:
            current = _get_configured(tx, scope, name, config_arn, revision_id=revision_id)
            if change.layers is not None:
                _check_unchanged(current, seen)
                get_layers_to_attach(tx, scope, change.layers)  # one may have been deleted meanwhile
            verdict = self._admission.judge(self._admission.renewed(tx, evidence), _config_of(tx, current), deployment)
            if evidence:
                self._admission.record(tx, verdict)
            function = self._revised(change.apply(current))
            if verdict.refusal is None:
                functions.replace(tx, function)
                self._db.after_commit(lambda: self._runs.note_change(function))
        if evidence:
            self._admission.conclude(verdict)
        return still_changing(function, Phase.UPDATING, layers=layers)

    def get(self, scope: Scope, function_name: str, *, qualifier: str | None = None) -> FunctionState:
        """Answer a function, or a version of it; of an alias the version that it points to.

        Raises:
            FunctionNotFound: There is no such function, or no such version or alias of it.
            InvalidParameter: The name has another qualifier than the one given beside it.
        """
        name = parse_function_name(function_name, scope, qualifier=qualifier)
        with self._db.read() as tx:
            function = resolve(tx, name).function
            latest = find_latest(tx, **name.place, name=name.name)
            return settled(tx, function, qualifier=name.qualifier, latest=latest)

    def get_code(self, scope: Scope, function_name: str, sha256: str) -> Path:
        """Answer where the package of a function or a version is, as long as it still is the one named.

        Raises:
            FunctionNotFound: There is no such function, or its code has another hash now.
        """
        found = self.get(scope, function_name).function
        if found.code_sha256 != sha256:
            raise FunctionNotFound(found.arn)
        return self._blobs.path(sha256)

    def list_functions(self, scope: Scope, *, marker: str | None, limit: int | None) -> Page[FunctionState]:
        """Answer the functions by name, `$LATEST` of each.

        Raises:
            Invalid: The marker is none of this list's.
        """
        limit = min(limit or MAX_PAGE, MAX_PAGE)
        tokens = ListTokens("functions", scope.account, scope.region)
        (after,) = tokens.parse(marker, parts=1) if marker else ("",)
        with self._db.read() as tx:
            found = select_functions(tx, account=scope.account, region=scope.region, after=after, limit=limit + 1)
            items = [settled(tx, each) for each in found[:limit]]
        more = tokens.encode(found[limit - 1].name) if len(found) > limit else None
        return Page(items=tuple(items), next_token=more)

    def delete(self, scope: Scope, function_name: str, *, qualifier: str | None = None) -> None:
        """Delete one version of a function; or all of it, which frees its code signing config.

        Raises:
            FunctionNotFound: There is no such function, or no such version of it.
            InvalidParameter: `$LATEST` alone was named, which goes only with the function, or an alias.
            VersionInUse: An alias points to the version.
        """
        name = parse_function_name(function_name, scope, qualifier=qualifier)
        with self._db.write() as tx:
            if name.qualifier is not None:
                delete_version(tx, name)
                self._db.after_commit(lambda: self._runs.note_end(name.arn))
                return
            delete_aliases(tx, **name.place, function=name.name)
            delete_policies(tx, **name.place, function=name.name)
            delete_invocations_of(tx, **name.place, function=name.name)
            if not delete_all_versions(tx, **name.place, name=name.name):
                raise FunctionNotFound(name.arn)
            self._db.after_commit(lambda: self._runs.note_end(name.arn))

    def get_tags(self, scope: Scope, arn: str) -> Mapping[str, str]:
        """Answer a function's tags.

        Raises:
            FunctionNotFound: There is no such function.
            InvalidParameter: The ARN names a version or an alias.
        """
        with self._db.read() as tx:
            return _get_function(tx, _parse_tagged(arn, scope)).tags

    def tag(self, scope: Scope, arn: str, tags: Mapping[str, str]) -> None:
        """Add tags to a function, or change their values.

        Raises:
            FunctionNotFound: There is no such function.
            InvalidParameter: The ARN names a version or an alias; the tags are none or too many, or one is reserved.
        """
        with self._db.write() as tx:
            function = _get_function(tx, _parse_tagged(arn, scope))
            self._replace_tags(tx, function, merged_tags(function.tags, tags))

    def untag(self, scope: Scope, arn: str, keys: Sequence[str]) -> None:
        """Remove tags from a function; a key that it does not have is no error.

        Raises:
            FunctionNotFound: There is no such function.
            InvalidParameter: The ARN names a version or an alias.
        """
        with self._db.write() as tx:
            function = _get_function(tx, _parse_tagged(arn, scope))
            self._replace_tags(tx, function, tags_without(function.tags, keys))

    def _replace_tags(self, tx: Tx, function: Function, tags: Mapping[str, str]) -> None:
        functions.replace(tx, dataclasses.replace(function, tags=tags))
        if read_switch(NETWORK, tags) != read_switch(NETWORK, function.tags):
            self._db.after_commit(lambda: self._runs.note_end(function.arn))

    def _examine(
        self,
        candidate: Candidate,
        layers: Sequence[LayerVersion],
        config: CodeSigningConfig | None,
        deployment: Deployment,
    ) -> Sequence[Evidence]:
        """Examine a package, then the function's layers, and make the package durable where it will be stored.

        All of that takes long, and no transaction waits for it.
        """
        code = self._admission.examine(candidate)
        check_unzipped(code.unzipped_size, layers)
        evidence = [code, *self._examine_layers(layers)]
        if not deployment.dry_run and self._admission.judge(evidence, config, deployment).refusal is None:
            candidate.keep()
        return evidence

    def _examine_layers(self, layers: Sequence[LayerVersion]) -> Sequence[Evidence]:
        evidence = []
        for version in layers:
            with self._blobs.open(version.code_sha256) as package:
                evidence.append(self._admission.examine_layer(package, version))
        return evidence

    def _revised(self, function: Function) -> Function:
        now = self._clock().replace(microsecond=0)  # AWS: milliseconds when created, whole seconds from then on
        return dataclasses.replace(function, revision_id=new_revision(), last_modified=now)


def _parse_new_name(text: str, scope: Scope) -> str:
    name = check_own(parse_unqualified_name(text, scope), scope).name
    if len(name) > MAX_NAME:
        raise InvalidParameter(
            f"1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_NAME}"
        )
    return name


def _prepare_creation(
    tx: Tx, scope: Scope, new: NewFunction, name: str
) -> tuple[CodeSigningConfig | None, tuple[LayerVersion, ...]]:
    """Check what the database must say for a function to be created; answer the config to judge by, and the layers."""
    if find_latest(tx, account=scope.account, region=scope.region, name=name) is not None:
        raise FunctionExists(name)
    config = None if new.config_arn is None else get_config_to_attach(tx, scope, new.config_arn)
    return config, get_layers_to_attach(tx, scope, new.settings.layers or ())


def _get_configured(
    tx: Tx, scope: Scope, name: FunctionName, config_arn: str | None, *, revision_id: str | None
) -> Function:
    """Answer a function with the code signing config attached that shall be, if one is named."""
    config = None if config_arn is None else get_config_to_attach(tx, scope, config_arn)
    function = _get_function(tx, name, revision_id=revision_id)
    return function if config is None else dataclasses.replace(function, config_id=config.config_id)


def _check_unchanged(current: Function, seen: Function) -> None:
    if current.revision_id != seen.revision_id:
        raise UpdateInProgress(seen.arn)


def _get_function(tx: Tx, name: FunctionName, *, revision_id: str | None = None) -> Function:
    function = find_latest(tx, **name.place, name=name.name)
    if function is None:
        raise FunctionNotFound(name.arn)
    if revision_id is not None and revision_id != function.revision_id:
        raise RevisionMismatch
    return function


def _config_of(tx: Tx, function: Function) -> CodeSigningConfig | None:
    if function.config_id is None:
        return None
    return configs.find(tx, account=function.account, region=function.region, config_id=function.config_id)


def _with_code(function: Function, evidence: Evidence) -> Function:
    """Answer the function with the package's identity; who signed it is told only where the signature verified."""
    signature = evidence.signature
    return dataclasses.replace(
        function,
        code_sha256=evidence.sha256,
        code_size=evidence.size,
        unzipped_size=evidence.unzipped_size,
        profile_version_arn=None if signature is None else signature.profile_version_arn,
        job_arn=None if signature is None else signature.job_arn,
    )


def _parse_tagged(arn: str, scope: Scope) -> FunctionName:
    name = parse_function_name(arn, scope)
    if name.qualifier is not None:
        raise InvalidParameter(
            "Tags on function aliases and versions are not supported. Please specify a function ARN."
        )
    return name


def _whole_millisecond(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
