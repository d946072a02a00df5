"""IAM as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from sealgate.clock import Clock
from sealgate.services.iam.access_keys import AccessKeyService
from sealgate.services.iam.attachments import AttachmentService
from sealgate.services.iam.boundaries import BoundaryService
from sealgate.services.iam.groups import GroupService
from sealgate.services.iam.inline import InlineService
from sealgate.services.iam.policies import PolicyService
from sealgate.services.iam.rights import Rights
from sealgate.services.iam.roles import RoleService
from sealgate.services.iam.simulation import SimulationService
from sealgate.services.iam.summary import SummaryService
from sealgate.services.iam.tagging import TagService
from sealgate.services.iam.users import UserService
from sealgate.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class IamService:
    """The use cases of IAM, one service for each kind of thing.

    Attributes:
        rights: What applies to whom.
    """

    users: UserService
    groups: GroupService
    roles: RoleService
    policies: PolicyService
    attachments: AttachmentService
    inline: InlineService
    boundaries: BoundaryService
    tags: TagService
    access_keys: AccessKeyService
    summary: SummaryService
    simulation: SimulationService
    rights: Rights

    @classmethod
    def on(cls, db: Database, clock: Clock) -> Self:
        """Make them all on one database."""
        return cls(
            users=UserService(db=db, clock=clock),
            groups=GroupService(db=db, clock=clock),
            roles=RoleService(db=db, clock=clock),
            policies=PolicyService(db=db, clock=clock),
            attachments=AttachmentService(db=db),
            inline=InlineService(db=db),
            boundaries=BoundaryService(db=db),
            tags=TagService(db=db),
            access_keys=AccessKeyService(db=db, clock=clock),
            summary=SummaryService(db=db),
            simulation=SimulationService(db=db),
            rights=Rights(db=db),
        )
