"""What applies to a principal: its policies, parsed, its boundary, its session, and what conditions may ask of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from sealgate.policy.document import Policy, PolicyKind, parse_policy
from sealgate.policy.request import Caller, CallerKind, Context
from sealgate.services.access.entry import Principal
from sealgate.services.iam.aws_managed import AWS
from sealgate.services.iam.entities import BY_KIND
from sealgate.services.iam.managed import find_version, get_managed
from sealgate.services.iam.names import SESSION_PREFIX, find_entity_name
from sealgate.services.iam.principal_context import principal_context, root_context
from sealgate.services.iam.remembered import Remembered
from sealgate.services.iam.trust import Trust, read_trust
from sealgate.store.database import Database, Tx
from sealgate.store.iam import policies as store
from sealgate.store.iam.entities import Actor, Entity, Kind, roles, users
from sealgate.store.iam.memberships import list_groups_of
from sealgate.store.iam.sessions import Session, sessions

_ROOT = ":root"
_BY_NAME = re.compile(r"arn:[a-z-]+:iam::(\d{12}):(user|group|role)/([\w+=,.@-]+|\*)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """What applies to one principal.

    Attributes:
        caller: Who it is, as policies name it.
        entity_id: The unique id of the user or role; the account of a root user; empty for one that is gone.
        user_name: Of an IAM user, its sessions too; empty for all others.
        path: Of the user or role; empty for a root user.
        tags: Of the user or role, under those of the session.
        identity: Policies of a user and its groups, or of a role. Their `name` is the policy's, their `source` the
            kind of thing that has it (`user`, `group`, `role`), or `user-managed` or `aws-managed`.
        boundary: The permissions boundary; None without one.
        session: The policies that the session was made with; None where it was made with none.
        context: What conditions and variables may ask of the principal (`aws:username`, `aws:principaltag/team` ...).
        record: The session, where it is one.
    """

    caller: Caller
    entity_id: str
    context: Context
    user_name: str = ""
    path: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None
    record: Session | None = None

    @property
    def is_user_session(self) -> bool:
        """Whether these are GetSessionToken's credentials, which may not call IAM, and of STS but little."""
        return self.record is not None and self.caller.kind is not CallerKind.ROLE_SESSION


class Rights:
    """Answers what applies to whom, from memory as long as nothing has changed (`Remembered`)."""

    def __init__(self, *, db: Database) -> None:
        self._db = db
        self._grants: Remembered[Principal, Grants] = Remembered(db, _load_grants)
        self._trusts: Remembered[str, Trust] = Remembered(db, _load_trust)

    def of(self, principal: Principal) -> Grants:
        """Answer what applies to a principal; to one that is gone, or whose session is, nothing does.

        Raises:
            MalformedPolicy: A stored policy cannot be read; a defect, or another release's.
        """
        return self._grants.find(principal) or _nothing(principal)

    def find_trust(self, role_arn: str) -> Trust | None:
        """Answer the role of this ARN, in any account, and who may become it; None without such a role."""
        return self._trusts.find(role_arn)

    def resolve(self, principal: Principal, resource: str) -> str:
        """Answer the ARN that policies know a resource by.

        A user, group or role that is given by its name alone is known by its path too, and by the case in which its
        name was given; a user that is not named (`user/*`) is the caller.
        """
        match = _BY_NAME.fullmatch(resource)
        if match is None:
            return resource
        account, kind, name = match.groups()
        if name == "*":
            return principal.arn if kind == "user" and account == principal.account else resource
        with self._db.statement() as tx:
            found: Entity | None = BY_KIND[cast("Kind", kind)].find(tx, account=account, name=name)
        return resource if found is None else found.arn


def _load_trust(tx: Tx, role_arn: str) -> Trust | None:
    name = find_entity_name(role_arn)
    if name is None or name.kind != "role":
        return None
    role = roles.find(tx, account=name.account, name=name.name)
    return read_trust(role) if role is not None and role.arn == role_arn else None


def _nothing(principal: Principal) -> Grants:
    caller = Caller(kind=CallerKind.USER, arn=principal.arn, account=principal.account)
    return Grants(caller=caller, entity_id="", context={})


def _load_grants(tx: Tx, principal: Principal) -> Grants | None:
    record = None
    if principal.access_key_id.startswith(SESSION_PREFIX):
        record = sessions.find(tx, access_key_id=principal.access_key_id)
        if record is None:
            return None
    if principal.arn.endswith(_ROOT):
        return _of_root(principal, record)
    if record is not None and record.name:
        role = roles.rows.find(tx, entity_id=record.entity_id)
        return None if role is None else _of_session(tx, role, record, principal)
    user = users.rows.find(tx, entity_id=principal.user_id)
    return None if user is None else _of_user(tx, user, record, principal)


def _of_root(principal: Principal, record: Session | None) -> Grants:
    return Grants(
        caller=Caller(kind=CallerKind.ROOT, arn=principal.arn, account=principal.account),
        entity_id=principal.account,
        context=root_context(principal, record),
        record=record,
    )


def _of_user(tx: Tx, user: Actor, record: Session | None, principal: Principal) -> Grants:
    owners = (user, *list_groups_of(tx, user.entity_id))
    caller = Caller(kind=CallerKind.USER, arn=user.arn, account=user.account)
    return Grants(
        caller=caller,
        entity_id=user.entity_id,
        user_name=user.name,
        path=user.path,
        tags=user.tags,
        identity=tuple(policy for owner in owners for policy in policies_of(tx, owner)),
        boundary=boundary_of(tx, user),
        context=principal_context(user, principal, record, tags=user.tags),
        record=record,
    )


def _of_session(tx: Tx, role: Actor, record: Session, principal: Principal) -> Grants:
    tags = _under(role.tags, record.tags)
    caller = Caller(kind=CallerKind.ROLE_SESSION, arn=record.principal_arn, account=role.account, issuer=role.arn)
    return Grants(
        caller=caller,
        entity_id=role.entity_id,
        path=role.path,
        tags=tags,
        identity=tuple(policies_of(tx, role)),
        boundary=boundary_of(tx, role),
        session=_session_policies(record) if record.policies else None,
        context=principal_context(role, principal, record, tags=tags),
        record=record,
    )


def _under(below: Mapping[str, str], above: Mapping[str, str]) -> dict[str, str]:
    """Lay tags over others; the case of keys does not count."""
    hidden = {key.lower() for key in above}
    return {key: value for key, value in below.items() if key.lower() not in hidden} | dict(above)


def policies_of(tx: Tx, entity: Entity) -> Iterable[Policy]:
    """Answer the policies inside a user, group or role, and those attached to it.

    Raises:
        MalformedPolicy: One cannot be read; a defect, or another release's.
    """
    for inline in store.list_inline_of(tx, entity.entity_id):
        yield parse_policy(inline.document, kind=PolicyKind.IDENTITY, name=inline.name, source=entity.kind)
    for attached in store.list_attachments_of(tx, entity.entity_id):
        yield _managed(tx, entity.account, attached.policy_arn, PolicyKind.IDENTITY)


def boundary_of(tx: Tx, actor: Actor) -> Policy | None:
    """Answer the permissions boundary of a user or role; None without one.

    Raises:
        MalformedPolicy: As `policies_of`.
    """
    return None if actor.boundary is None else _managed(tx, actor.account, actor.boundary, PolicyKind.BOUNDARY)


def _session_policies(record: Session) -> tuple[Policy, ...]:
    return tuple(
        parse_policy(document, kind=PolicyKind.SESSION, name=record.name, source="session")
        for document in record.policies
    )


def _managed(tx: Tx, account: str, arn: str, kind: PolicyKind) -> Policy:
    """Answer the version of a managed policy that counts; one that is in use cannot be deleted."""
    found = get_managed(tx, account, arn)
    version = find_version(tx, found, found.default_version)
    assert version is not None
    source = "aws-managed" if found.account == AWS else "user-managed"
    return parse_policy(version.document, kind=kind, name=arn, source=source)
