"""Sessions: credentials for a while, of a role, or of a user or root user itself.

Becoming a role:

1. The caller is no root user, and what is asked for can be.
2. Trust policy and the caller's own policies allow sts:AssumeRole; sts:TagSession too, where the session has tags, and
   sts:SetSourceIdentity, where it has a source identity. Who may not is told nothing of the role, not even that there
   is none.
3. The time asked for fits the role, and the hour that sessions of sessions may last.
4. Managed session policies exist.

Source: STS API reference, AssumeRole and GetSessionToken.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from sealgate.arn import assumed_role_arn
from sealgate.clock import Clock
from sealgate.errors import Denied, Invalid
from sealgate.policy.evaluate import authorise
from sealgate.policy.request import Ask, Caller, CallerKind, Context
from sealgate.services.access.entry import AccessDenied, Principal
from sealgate.services.iam.managed import find_version, get_attachable
from sealgate.services.iam.names import SESSION_PREFIX, new_access_key_id, new_secret, parse_entity_name
from sealgate.services.iam.rights import Grants, Rights
from sealgate.services.iam.trust import Trust
from sealgate.services.identity.assumption import (
    NO_TAGS,
    Assumption,
    SessionTags,
    assumption_context,
    check_duration,
    check_policies,
    find_source_identity,
    find_tags,
    needed_actions,
)
from sealgate.store.database import Database, Tx
from sealgate.store.iam.entities import Role, roles, users
from sealgate.store.iam.sessions import Session, delete_expired, sessions
from sealgate.store.identity import access_keys

DEFAULT_USER_SECONDS = 43_200
MAX_ROOT_SECONDS = 3600
"""Longer ones of the root user are cut to this."""
KEPT_AFTER_END = timedelta(days=1)
"""How long a session that has ended is still known as such, and not merely unknown."""

_TOKEN_BYTES = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A session as it is handed over: secret and token are told this once."""

    session: Session
    token: str = field(repr=False)


def is_token_of(session: Session, token: str) -> bool:
    """Tell whether a token is a session's, in a time that says nothing of it."""
    return hmac.compare_digest(_hash(token), session.token_sha256)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class SessionService:
    """The use cases of sessions.

    Args:
        db: Where they are kept.
        clock: Tells when they begin and end.
        rights: Tells what applies to who asks, and who may become what.
    """

    def __init__(self, *, db: Database, clock: Clock, rights: Rights) -> None:
        self._db = db
        self._clock = clock
        self._rights = rights

    def assume_role(self, principal: Principal, asked: Assumption, *, context: Context) -> Issued:
        """Let somebody become a role for a while.

        Args:
            principal: Who asks.
            asked: For what.
            context: What conditions may ask of the request, apart from the principal and what is asked for.

        Raises:
            AccessDenied: Nothing allows it, or there is no such role.
            Denied: The root user asks, or another source identity is given than the one before.
            Invalid: The ARN is none, the time does not fit, or the tags cannot be.
            MalformedPolicy, PackedPolicyTooLarge: The session policies cannot be.
            NoSuchEntity: A managed session policy does not exist.
        """
        grants = self._rights.of(principal)
        if grants.caller.kind is CallerKind.ROOT:
            raise Denied("Roles may not be assumed by root accounts.")
        parse_entity_name(asked.role_arn, "role")
        check_policies(asked)
        tags, source_identity = find_tags(asked, grants), find_source_identity(asked, grants)
        trust = self._rights.find_trust(asked.role_arn)
        for action in needed_actions(tags, source_identity):
            known = {**context, **grants.context, **assumption_context(asked, source_identity)}
            if trust is None or not _is_allowed(trust, grants, action, known):
                raise AccessDenied(principal, action, asked.role_arn)
        assert trust is not None
        seconds = check_duration(asked, trust.role, grants)
        with self._db.write() as tx:
            role = roles.rows.find(tx, entity_id=trust.role.entity_id)
            if role is None:  # deleted meanwhile, with all its sessions
                raise AccessDenied(principal, "sts:AssumeRole", asked.role_arn)
            return self._insert(
                tx,
                account=role.account,
                principal_arn=assumed_role_arn(role.partition, role.account, role.name, asked.session_name),
                user_id=f"{role.entity_id}:{asked.session_name}",
                entity_id=role.entity_id,
                name=asked.session_name,
                issued_by=principal,
                seconds=seconds,
                policies=tuple(_documents(tx, role, asked)),
                policy_arns=asked.policy_arns,
                tags=tags,
                source_identity=source_identity,
            )

    def find_service_trust(self, role_arn: str, *, service: str, context: Context) -> bool | None:
        """Tell whether a role lets a service become it; None where there is no such role.

        Args:
            role_arn: The role.
            service: The service's name.
            context: As for `assume_role_for_service`.
        """
        trust = self._rights.find_trust(role_arn)
        return None if trust is None else _is_trusted(trust, service, context)

    def assume_role_for_service(
        self, role_arn: str, *, service: str, session_name: str, seconds: int, context: Context
    ) -> Issued | None:
        """Let a service become a role that trusts it, to act for its owner.

        Args:
            role_arn: The role.
            service: The service's name (`lambda.amazonaws.com`).
            session_name: What the session is called.
            seconds: How long it is good; services do not keep to what the role allows others.
            context: What conditions may ask of it (`aws:sourcearn`).

        Returns:
            The session; None where there is no such role, or it does not trust the service.
        """
        trust = self._rights.find_trust(role_arn)
        if trust is None or not _is_trusted(trust, service, context):
            return None
        with self._db.write() as tx:
            role = roles.rows.find(tx, entity_id=trust.role.entity_id)
            if role is None:
                return None
            arn = assumed_role_arn(role.partition, role.account, role.name, session_name)
            return self._insert(
                tx,
                account=role.account,
                principal_arn=arn,
                user_id=f"{role.entity_id}:{session_name}",
                entity_id=role.entity_id,
                name=session_name,
                issued_by=Principal(account=role.account, arn=service, user_id=service, access_key_id=""),
                seconds=seconds,
            )

    def may_assume_for_service(self, role_arn: str, *, service: str, context: Context) -> bool:
        """Tell whether a role is there and trusts a service."""
        trust = self._rights.find_trust(role_arn)
        return trust is not None and _is_trusted(trust, service, context)

    def get_session_token(self, principal: Principal, *, seconds: int | None) -> Issued:
        """Give a user, or a root user, credentials for a while in place of the long-term ones.

        Args:
            principal: Who asks.
            seconds: How long; None: twelve hours. A root user's are good for at most one.

        Raises:
            Denied: The caller is a session itself.
        """
        grants = self._rights.of(principal)
        if grants.record is not None or not grants.entity_id:
            raise Denied("Cannot call GetSessionToken with session credentials")
        wanted = DEFAULT_USER_SECONDS if seconds is None else seconds
        is_root = grants.caller.kind is CallerKind.ROOT
        with self._db.write() as tx:
            if not is_root and users.rows.find(tx, entity_id=grants.entity_id) is None:
                raise Denied("The user does not exist any more")
            return self._insert(
                tx,
                account=principal.account,
                principal_arn=principal.arn,
                user_id=principal.user_id,
                entity_id=grants.entity_id,
                name="",
                issued_by=principal,
                seconds=min(wanted, MAX_ROOT_SECONDS) if is_root else wanted,
            )

    def get_account_of(self, access_key_id: str) -> str:
        """Answer the account that an access key belongs to, whoever's it is.

        Raises:
            Invalid: This server knows no such key.
        """
        with self._db.read() as tx:
            found = access_keys.find(tx, access_key_id=access_key_id) or sessions.find(tx, access_key_id=access_key_id)
        if found is None:
            raise Invalid(f"Access key {access_key_id} is not known to this server")
        return found.account

    def sweep(self) -> int:
        """Forget the sessions that have ended long enough ago; answer how many."""
        with self._db.write() as tx:
            return delete_expired(tx, before=self._clock() - KEPT_AFTER_END)

    def _insert(
        self,
        tx: Tx,
        *,
        account: str,
        principal_arn: str,
        user_id: str,
        entity_id: str,
        name: str,
        issued_by: Principal,
        seconds: int,
        policies: tuple[str, ...] = (),
        policy_arns: tuple[str, ...] = (),
        tags: SessionTags = NO_TAGS,
        source_identity: str | None = None,
    ) -> Issued:
        now, token = self._clock(), base64.b64encode(secrets.token_bytes(_TOKEN_BYTES)).decode()
        session = Session(
            access_key_id=new_access_key_id(SESSION_PREFIX),
            account=account,
            principal_arn=principal_arn,
            user_id=user_id,
            entity_id=entity_id,
            secret=new_secret(),
            token_sha256=_hash(token),
            name=name,
            issued_by=issued_by.arn,
            issued_at=now,
            expires_at=now.replace(microsecond=0) + timedelta(seconds=seconds),
            policies=policies,
            policy_arns=policy_arns,
            tags=tags.tags,
            transitive_tag_keys=tags.transitive_keys,
            source_identity=source_identity,
        )
        sessions.insert(tx, session)
        delete_expired(tx, before=now - KEPT_AFTER_END)
        return Issued(session=session, token=token)


def _is_trusted(trust: Trust, service: str, context: Context) -> bool:
    """Tell whether a trust policy allows a service to become the role."""
    ask = Ask(
        principal=Caller(kind=CallerKind.SERVICE, arn=service, account=""),
        action="sts:AssumeRole",
        resource=trust.role.arn,
        context=context,
    )
    return authorise(ask, identity=(), resource=trust.policy, same_account=False, resource_must_allow=True).is_allowed


def _is_allowed(trust: Trust, grants: Grants, action: str, context: Context) -> bool:
    """Tell whether trust policy and caller's policies allow an action on the role."""
    role = trust.role
    tagged = {f"aws:resourcetag/{key.lower()}": (value,) for key, value in role.tags.items()}
    ask = Ask(
        principal=trust.as_meant(grants.caller, grants.entity_id),
        action=action,
        resource=role.arn,
        context={**context, **tagged},
    )
    ruling = authorise(
        ask,
        identity=grants.identity,
        boundary=grants.boundary,
        session=grants.session,
        resource=trust.policy,
        same_account=grants.caller.account == role.account,
        resource_must_allow=True,
    )
    return ruling.is_allowed


def _documents(tx: Tx, role: Role, asked: Assumption) -> Iterable[str]:
    """Answer the documents that limit a session; those of managed policies as they are now."""
    if asked.policy is not None:
        yield asked.policy
    for arn in asked.policy_arns:
        managed = get_attachable(tx, role.account, arn)
        version = find_version(tx, managed, managed.default_version)
        assert version is not None
        yield version.document
