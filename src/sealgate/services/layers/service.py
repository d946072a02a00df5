"""Layers: publishing them, in versions that never change, and finding and deleting those.

A layer is never refused for its signature: who signed it is told exactly where the signature verifies, and one that was
altered is published as if it were unsigned. What it may be attached to is judged where a function takes it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sealgate.clock import Clock
from sealgate.services.audit.notes import Publication, note_publication
from sealgate.services.functions.admission import Admission
from sealgate.services.functions.code_sources import CodeSource, CodeSources
from sealgate.services.functions.verdicts import Evidence
from sealgate.services.layers.errors import LayerVersionNotFound
from sealgate.services.layers.names import (
    LayerName,
    LayerVersionName,
    find_version_name,
    parse_layer_name,
    parse_layer_version,
)
from sealgate.services.objects.service import ObjectService
from sealgate.services.paging import ListTokens, Page
from sealgate.services.scope import Scope
from sealgate.services.signing.revocation import RevocationService
from sealgate.store.blobs import BlobStore
from sealgate.store.database import Database, Tx
from sealgate.store.layers import (
    Layer,
    LayerVersion,
    find_present,
    layer_policies,
    layer_versions,
    layers,
    list_layer_names,
    list_layer_versions,
)
from sealgate.trust.roots import TrustRoots

MAX_PAGE = 50
"""Items of one answer of a list (Lambda API reference, ListLayers)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLayerVersion:
    """What shall become a layer's next version.

    Attributes:
        name: Of the layer, bare or as an ARN; one that does not exist comes into being.
        compatible_runtimes: For people and for lists; nothing is refused by it. None: not told.
        compatible_architectures: Likewise.
    """

    name: str
    source: CodeSource
    description: str = ""
    compatible_runtimes: tuple[str, ...] | None = None
    compatible_architectures: tuple[str, ...] | None = None
    license_info: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerFilter:
    """Which versions a list shows: those that name this runtime and this architecture; None: any."""

    runtime: str | None = None
    architecture: str | None = None

    def admits(self, version: LayerVersion) -> bool:
        """Tell whether a version is shown."""
        return all(
            wanted is None or wanted in (given or ())
            for wanted, given in (
                (self.runtime, version.compatible_runtimes),
                (self.architecture, version.compatible_architectures),
            )
        )


class LayerService:
    """Layers of every account and region. Who may use which is for the door to say."""

    def __init__(
        self,
        *,
        db: Database,
        blobs: BlobStore,
        objects: ObjectService,
        revocation: RevocationService,
        roots: TrustRoots,
        clock: Clock,
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._sources = CodeSources(objects=objects, blobs=blobs)
        self._admission = Admission(db=db, revocation=revocation, roots=roots, clock=clock)
        self._clock = clock

    def publish(self, scope: Scope, new: NewLayerVersion) -> LayerVersion:
        """Publish a package as the layer's next version.

        Raises:
            InvalidParameter: The package cannot be read, or holds more than a function may have.
            UploadTooLarge: The package is too large to be sent in the request.
            LayerInOtherRegion, LayerVersionNotFound: The name is an ARN that names no layer here.
        """
        name = parse_layer_name(new.name, scope)
        with self._sources.open(scope, new.source) as candidate:
            evidence = self._admission.examine(candidate)
            if evidence.unreadable is not None:
                raise evidence.unreadable
            candidate.keep()
            with self._db.write() as tx:
                version = self._make_version(_take_number(tx, name), new, evidence)
                layer_versions.insert(tx, version)
                note_publication(_as_note(version))
        return version

    def get(self, scope: Scope, name: str, number: int) -> LayerVersion:
        """Answer a layer version.

        Raises:
            VersionBelowOne: The number is no version's.
            LayerVersionNotFound, LayerInOtherRegion: There is no such version here.
        """
        return self._get(parse_layer_version(name, number, scope))

    def get_by_arn(self, scope: Scope, arn: str) -> LayerVersion:
        """Answer the layer version of an ARN.

        Raises:
            LayerVersionNotFound, LayerInOtherRegion: There is no such version here.
        """
        found = find_version_name(arn)
        if found is None:
            raise LayerVersionNotFound
        return self._get(parse_layer_version(found.layer.arn, found.version, scope))

    def get_code(self, scope: Scope, arn: str, sha256: str) -> Path:
        """Answer where the package of a layer version is.

        Raises:
            LayerVersionNotFound, LayerInOtherRegion: There is no such version here, or it has another package.
        """
        if self.get_by_arn(scope, arn).code_sha256 != sha256:
            raise LayerVersionNotFound
        return self._blobs.path(sha256)

    def list_layers(
        self, scope: Scope, shown: LayerFilter, *, marker: str | None, limit: int | None
    ) -> Page[LayerVersion]:
        """Answer the newest version of each of the account's layers that is shown, by name.

        Raises:
            Invalid: The marker is none of this list's.
        """
        limit = min(limit or MAX_PAGE, MAX_PAGE)
        tokens = ListTokens("layers", scope.account, scope.region, shown)
        (after,) = tokens.parse(marker, parts=1) if marker else ("",)
        with self._db.read() as tx:
            names = list_layer_names(tx, account=scope.account, region=scope.region, after=after)
            found = _take(limit + 1, (_find_newest(tx, scope, name, shown) for name in names))
        more = tokens.encode(found[limit - 1].name) if len(found) > limit else None
        return Page(items=tuple(found[:limit]), next_token=more)

    def list_versions(
        self, scope: Scope, name: str, shown: LayerFilter, *, marker: str | None, limit: int | None
    ) -> Page[LayerVersion]:
        """Answer the versions of a layer, the newest first; none of a layer that does not exist.

        Raises:
            Invalid: The marker is none of this list's.
            LayerInOtherRegion, LayerVersionNotFound: The name is an ARN that names no layer here.
        """
        layer = parse_layer_name(name, scope)
        limit = min(limit or MAX_PAGE, MAX_PAGE)
        tokens = ListTokens("layer versions", layer, shown)
        before = int(tokens.parse(marker, parts=1)[0]) if marker else None
        with self._db.read() as tx:
            where = {"account": layer.account, "region": layer.region, "name": layer.name}
            found = [each for each in list_layer_versions(tx, **where, before=before) if shown.admits(each)]
        more = tokens.encode(str(found[limit - 1].version)) if len(found) > limit else None
        return Page(items=tuple(found[:limit]), next_token=more)

    def delete(self, scope: Scope, name: str, number: int) -> None:
        """Delete a layer version, and its permissions; functions that have it keep it. That there is none is no error.

        Raises:
            VersionBelowOne: The number is no version's.
            LayerInOtherRegion, LayerVersionNotFound: The name is an ARN that names no layer here.
        """
        version = parse_layer_version(name, number, scope)
        with self._db.write() as tx:
            found = find_present(tx, **version.key)
            if found is not None:
                layer_policies.delete(tx, **version.key)
                layer_versions.replace(tx, dataclasses.replace(found, deleted_at=self._clock()))

    def _get(self, version: LayerVersionName) -> LayerVersion:
        with self._db.read() as tx:
            found = find_present(tx, **version.key)
        if found is None:
            raise LayerVersionNotFound
        return found

    def _make_version(self, layer: Layer, new: NewLayerVersion, evidence: Evidence) -> LayerVersion:
        now, signature = self._clock(), evidence.signature
        return LayerVersion(
            account=layer.account,
            region=layer.region,
            name=layer.name,
            version=layer.last_version,
            code_sha256=evidence.sha256,
            code_size=evidence.size,
            unzipped_size=evidence.unzipped_size,
            description=new.description,
            compatible_runtimes=new.compatible_runtimes,
            compatible_architectures=new.compatible_architectures,
            license_info=new.license_info,
            profile_version_arn=None if signature is None else signature.profile_version_arn,
            job_arn=None if signature is None else signature.job_arn,
            created_at=now.replace(microsecond=now.microsecond // 1000 * 1000),
            deleted_at=None,
        )


def _take_number(tx: Tx, name: LayerName) -> Layer:
    """Answer the layer with its next version's number given, and keep it so; one that is new is made."""
    found = layers.find(tx, account=name.account, region=name.region, name=name.name)
    last_version = 1 if found is None else found.last_version + 1
    layer = Layer(account=name.account, region=name.region, name=name.name, last_version=last_version)
    (layers.insert if found is None else layers.replace)(tx, layer)
    return layer


def _as_note(version: LayerVersion) -> Publication:
    return Publication(
        layer_version_arn=version.arn,
        package_sha256=version.code_sha256,
        profile_version_arn=version.profile_version_arn,
        job_arn=version.job_arn,
    )


def _find_newest(tx: Tx, scope: Scope, name: str, shown: LayerFilter) -> LayerVersion | None:
    versions = list_layer_versions(tx, account=scope.account, region=scope.region, name=name)
    return next((each for each in versions if shown.admits(each)), None)


def _take(count: int, found: Iterable[LayerVersion | None]) -> list[LayerVersion]:
    """Answer the first so many that there are."""
    taken: list[LayerVersion] = []
    for each in found:
        if each is not None:
            taken.append(each)
        if len(taken) == count:
            break
    return taken
