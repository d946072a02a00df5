"""Deployed functions with versions, aliases and layers, and an operator who looks at them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sealgate.package.source import FileSource
from sealgate.services.fleet.enforcement import Enforcement, Forecast
from sealgate.services.fleet.fleet import Fleet, Survey, VersionState
from sealgate.services.fleet.impact import Impact
from sealgate.services.fleet.questions import ImpactService, Question
from sealgate.services.functions.admission import Admission
from sealgate.services.functions.aliases import AliasService, NewAlias
from sealgate.services.functions.code_sources import ZipUpload
from sealgate.services.functions.service import NewFunction
from sealgate.services.functions.settings import SettingsChange
from sealgate.services.functions.versions import NewVersion, VersionService
from sealgate.store.blobs_file import FileBlobs
from sealgate.store.layers import LayerVersion
from sealgate.trust.authority_folder import AuthorityFolder
from sealgate.trust.roots import TrustRoots
from tests.support.deployment import SCOPE, DeploymentHouse
from tests.support.functions import ROLE, a_scope
from tests.support.running import PYTHON

ELSEWHERE = a_scope(account="999999999999", region="us-east-1")


class CountingBlobs(FileBlobs):
    """Files that remember which of them were opened."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.opened: list[str] = []

    def open(self, sha256: str) -> FileSource:
        self.opened.append(sha256)
        return super().open(sha256)


class FleetHouse(DeploymentHouse):
    """A house whose operator looks at all of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder
        self.read_blobs = CountingBlobs(folder / "blobs")
        self.versions = VersionService(db=self.db)
        self.aliases = AliasService(db=self.db)

    def publish_version(self, name: str = "app") -> str:
        """Freeze a function; answer the version's number."""
        return self.versions.publish(SCOPE, name, NewVersion()).function.version_name

    def point(self, alias: str, version: str, *, routing: Mapping[str, float] | None = None, name: str = "app") -> None:
        """Create an alias."""
        new = NewAlias(name=alias, version=version, description="", routing=routing or {})
        self.aliases.create(SCOPE, name, new)

    def deploy(self, data: bytes | None = None, *layers: LayerVersion, **changes: Any) -> None:
        """Create a function with layers."""
        self.create(data, settings=_settings(layers=tuple(each.arn for each in layers)), **changes)

    def deploy_elsewhere(self, name: str, data: bytes) -> None:
        """Create a function of another account, in another region."""
        role = f"arn:aws:iam::{ELSEWHERE.account}:role/runner"
        new = NewFunction(
            name=name, settings=_settings(role=role), source=ZipUpload(data=data), config_arn=None, tags={}
        )
        self.functions.create(ELSEWHERE, new)

    def alter(self, sha256: str) -> None:
        """Change one bit of a stored package."""
        path = self.blobs.path(sha256)
        data = bytearray(path.read_bytes())
        data[60] ^= 1
        path.write_bytes(bytes(data))

    def survey(self, *, roots: TrustRoots | None = None, **where: Any) -> Survey:
        """Look at every version."""
        fleet = Fleet(
            db=self.db,
            blobs=self.read_blobs,
            revocation=self.revocation,
            roots=roots or self.roots,
            clock=self.clock,
        )
        return fleet.survey(**where)

    def statuses(self, **where: Any) -> dict[str, str]:
        """Answer every version's status."""
        found = self.survey(**where).versions
        return {f"{each.holding.function.name}:{each.holding.function.version_name}": each.status for each in found}

    def state(self) -> VersionState:
        """Answer the state of the only version."""
        (state,) = self.survey().versions
        return state

    def forecasts(self) -> dict[str, Forecast]:
        """Answer what would become of every function under Enforce."""
        admission = Admission(db=self.db, revocation=self.revocation, roots=self.roots, clock=self.clock)
        enforcement = Enforcement(db=self.db, blobs=self.read_blobs, admission=admission, clock=self.clock)
        return {each.holding.function.name: each for each in enforcement.forecast().functions}

    @property
    def operator(self) -> ImpactService:
        """Whoever asks what a revocation stops."""
        folder = AuthorityFolder(self.folder / "authority")
        return ImpactService(
            db=self.db,
            blobs=self.read_blobs,
            root=self.authority.root_certificate,
            authorities=folder.list_issuing(),
            clock=self.clock,
        )

    def impact(self, name: str, *, since: datetime | None = None, **where: Any) -> Impact:
        """Ask about what a name names."""
        return self.operator.of_name(Question(name=name, effective_from=since, **where))


def _settings(**changes: Any) -> SettingsChange:
    return SettingsChange(**{"role": ROLE, "runtime": PYTHON, "handler": "app.handler"} | changes)
