"""The one door: every call passes it, whichever wire or console it came by.

1. What a call needs is declared with its operation (`sealgate.aws.permissions`); each need is judged by itself.
2. An account's root user may do everything in its own account, unless a bucket's policy forbids it; giving, reading
   and taking away that policy it never forbids.
3. Everybody else may do what policies allow, and what none forbids (`sealgate.policy.evaluate`).
4. The credentials of GetSessionToken call neither IAM nor STS (IAM User Guide, "Compare AWS STS credentials").
5. All else is denied.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Iterable
from functools import lru_cache

from sealgate.arn import account_of
from sealgate.logs import say
from sealgate.policy.document import Policy
from sealgate.policy.evaluate import Ruling, authorise
from sealgate.policy.request import Ask, CallerKind, Context
from sealgate.services.access.catalogue import Catalogue, Facts
from sealgate.services.access.entry import AccessDenied, Entry, Principal, Wanted
from sealgate.services.iam.named import as_meant
from sealgate.services.iam.rights import Grants, Rights

log = logging.getLogger("sealgate.access")

_ROOT = ":root"
_WITH_RESOURCE_POLICIES = "s3:"
_NEVER_LOCKED_OUT = ("s3:DeleteBucketPolicy", "s3:GetBucketPolicy", "s3:PutBucketPolicy")
"""What no bucket policy forbids the root user of the bucket's account (Amazon S3 API reference, PutBucketPolicy)."""
_OBJECT_TAG = "s3:existingobjecttag/"
_CLOSED_TO_USER_SESSIONS = ("iam:", "sts:")


class Door:
    """Decides who may do what, and says in the log how each call ended.

    Args:
        rights: What applies to whom.
        catalogue: What is known of resources.
    """

    def __init__(self, *, rights: Rights, catalogue: Catalogue) -> None:
        self._rights = rights
        self._catalogue = catalogue

    def admit(self, entry: Entry) -> None:
        """Let a call in.

        Raises:
            AccessDenied: Something that it needs is not allowed.
        """
        for wanted in entry.wanted:
            if not (wanted.is_exempt or _is_own(entry.principal, wanted)):
                self.demand(entry, wanted)

    def demand(self, entry: Entry, wanted: Wanted) -> None:
        """Refuse one thing that a call needs, if it is not allowed.

        Raises:
            AccessDenied: It is not.
        """
        principal = entry.principal
        grants = self._rights.of(principal)
        if grants.is_user_session and wanted.action.startswith(_CLOSED_TO_USER_SESSIONS):
            raise AccessDenied(principal, wanted.action, wanted.resource, because="with session credentials")
        ruling = self._judge(entry, wanted, grants)
        if not ruling.is_allowed:
            raise AccessDenied(principal, wanted.action, wanted.resource, because=ruling.because, denial=wanted.denial)

    def _judge(self, entry: Entry, wanted: Wanted, grants: Grants) -> Ruling:
        principal = entry.principal
        resource = self._rights.resolve(principal, wanted.resource)
        facts = self._catalogue.find(resource, action=wanted.action)
        owner = (facts.account if facts else account_of(resource)) or principal.account
        known = self._known(facts, wanted, (*grants.identity, grants.boundary, *(grants.session or ())))
        caller = as_meant(grants.caller, grants.entity_id, facts.named_ids) if facts else grants.caller
        about = {"aws:resourceaccount": (owner,)} if resource != "*" else {}
        context = {**grants.context, **request_context(entry), **about, **known, **wanted.context}
        is_own = owner == principal.account
        is_spared = is_own and caller.kind is CallerKind.ROOT and wanted.action in _NEVER_LOCKED_OUT
        is_silent = facts is None or is_spared or (facts.is_restricted and not is_own)
        return authorise(
            Ask(principal=caller, action=wanted.action, resource=resource, context=context),
            identity=grants.identity,
            boundary=grants.boundary,
            session=grants.session,
            resource=None if facts is None or is_silent else facts.policy,
            same_account=is_own,
        )

    def _known(self, facts: Facts | None, wanted: Wanted, policies: Iterable[Policy | None]) -> Context:
        """Answer what conditions may ask of the resource; of an object's tags only where some policy asks."""
        if facts is None:
            return {}
        if not wanted.action.startswith("s3:") or not any(map(_asks_for_tags, (*policies, facts.policy))):
            return facts.context
        version = next(iter(wanted.context.get("s3:versionid", ())), None)
        return {**facts.context, **self._catalogue.find_object_tags(wanted.resource, version)}

    def close(self, entry: Entry, *, status: int, error: str | None) -> None:
        """Log how the call ended: one line, without secrets or members of the request.

        Args:
            entry: The call.
            status: The HTTP status it was answered with.
            error: The error code on the wire; None when it succeeded.
        """
        wanted = entry.wanted[0]
        say(
            log,
            f"request={entry.request_id} source={entry.source_ip} principal={entry.principal.arn} "
            f"action={wanted.action} resource={wanted.resource!r} status={status} error={error or '-'}",
        )


def _is_own(principal: Principal, wanted: Wanted) -> bool:
    """Tell whether this is a root user at home, whom nothing can forbid anything: no policy need be looked up."""
    return (
        principal.arn.endswith(_ROOT)
        and not principal.is_temporary
        and not wanted.action.startswith(_WITH_RESOURCE_POLICIES)
        and account_of(wanted.resource) in ("", principal.account)
    )


def _asks_for_tags(policy: Policy | None) -> bool:
    return policy is not None and _mentions(policy.text, _OBJECT_TAG)


@lru_cache(maxsize=1024)
def _mentions(text: str, key: str) -> bool:
    return key in text.lower()


def request_context(entry: Entry) -> Context:
    """Answer the keys of the request itself (IAM User Guide, "AWS global condition context keys")."""
    context = {
        "aws:currenttime": (f"{entry.now:%Y-%m-%dT%H:%M:%SZ}",),
        "aws:epochtime": (str(int(entry.now.timestamp())),),
        "aws:requestedregion": (entry.region,),
        "aws:securetransport": ("true" if entry.is_secure else "false",),
        **entry.context,
    }
    if _is_address(entry.source_ip):
        context["aws:sourceip"] = (entry.source_ip,)
    if entry.user_agent:
        context["aws:useragent"] = (entry.user_agent,)
    return context


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
