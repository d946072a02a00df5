"""What is asked of AssumeRole, and the rules that need no store: how long, which tags, how large.

Source: STS API reference, AssumeRole; IAM User Guide, "Pass session tags", "Monitor and control actions taken with
assumed roles".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sealgate.errors import Denied, Invalid
from sealgate.policy.document import MAX_SESSION, PolicyKind, parse_policy
from sealgate.policy.request import CallerKind, Context
from sealgate.services.iam.rights import Grants
from sealgate.services.iam.tags import Pair, new_tags
from sealgate.store.iam.entities import Role

DEFAULT_SECONDS = 3600
MAX_CHAINED_SECONDS = 3600
MAX_POLICY_ARNS = 10
MAX_TAGS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """What is asked.

    Attributes:
        seconds: How long; None: one hour.
        policy: A document that limits the session.
        policy_arns: Managed policies of the role's account that limit it.
        transitive_tag_keys: Which of the tags the next session of a chain inherits.
        external_id: What trust policies ask for as `sts:ExternalId`.
        source_identity: Who is behind it; once said, it stays through a chain.
    """

    role_arn: str
    session_name: str
    seconds: int | None = None
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    tags: tuple[Pair, ...] = ()
    transitive_tag_keys: tuple[str, ...] = ()
    external_id: str | None = None
    source_identity: str | None = None


class PackedPolicyTooLarge(Invalid):
    """The session policies are longer together than they may be."""

    def __init__(self, size: int) -> None:
        super().__init__(
            f"Packed size of session policies consumes {-(-100 * size // MAX_SESSION)}% of allotted space for this "
            "session. Specify a smaller session policy and fewer or shorter tags."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTags:
    """The tags of a session: those given, under them those that it inherits from the session before."""

    tags: Mapping[str, str]
    transitive_keys: tuple[str, ...]


NO_TAGS = SessionTags(tags={}, transitive_keys=())


def find_tags(asked: Assumption, grants: Grants) -> SessionTags:
    """Answer the tags that the session will have.

    Raises:
        Invalid: They cannot be, or would overwrite what a chain hands on.
    """
    given = new_tags(asked.tags)
    inherited = _inherited(grants)
    if {key.lower() for key in given} & {key.lower() for key in inherited}:
        raise Invalid(
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from "
            "the calling session."
        )
    if not {key.lower() for key in asked.transitive_tag_keys} <= {key.lower() for key in given}:
        raise Invalid("The specified transitive tag key must be included in the requested tags.")
    if len(given) + len(inherited) > MAX_TAGS:
        raise Invalid(f"A session cannot have more than {MAX_TAGS} tags, with those that it inherits")
    return SessionTags(tags={**inherited, **given}, transitive_keys=(*inherited, *asked.transitive_tag_keys))


def _inherited(grants: Grants) -> dict[str, str]:
    if grants.record is None:
        return {}
    handed_on = {key.lower() for key in grants.record.transitive_tag_keys}
    return {key: value for key, value in grants.record.tags.items() if key.lower() in handed_on}


def find_source_identity(asked: Assumption, grants: Grants) -> str | None:
    """Answer who is behind the session, as they say, or as the session before says.

    Raises:
        Denied: Another one is given than the session before has.
    """
    before = None if grants.record is None else grants.record.source_identity
    if before is not None and asked.source_identity not in (None, before):
        raise Denied("The source identity of a session cannot be changed by a session that it makes.")
    return asked.source_identity or before


def check_duration(asked: Assumption, role: Role, grants: Grants) -> int:
    """Answer for how many seconds the session will be good.

    Raises:
        Invalid: It is asked for longer than the role allows, or a chain.
    """
    seconds = DEFAULT_SECONDS if asked.seconds is None else asked.seconds
    if grants.caller.kind is CallerKind.ROLE_SESSION and seconds > MAX_CHAINED_SECONDS:
        raise Invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        )
    if seconds > role.max_session_seconds:
        raise Invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    return seconds


def check_policies(asked: Assumption) -> None:
    """Check the session policies, as far as they can be seen.

    Raises:
        MalformedPolicy: The document is no policy.
        PackedPolicyTooLarge: Document and ARNs are too long together.
        Invalid: There are too many.
    """
    if asked.policy is not None:
        parse_policy(asked.policy, kind=PolicyKind.SESSION)
    size = len(asked.policy or "") + sum(map(len, asked.policy_arns))
    if len(asked.policy_arns) > MAX_POLICY_ARNS:
        raise Invalid(f"A session cannot have more than {MAX_POLICY_ARNS} managed session policies")
    if size > MAX_SESSION:
        raise PackedPolicyTooLarge(size)


def needed_actions(tags: SessionTags, source_identity: str | None) -> tuple[str, ...]:
    """Answer what has to be allowed on the role."""
    return (
        "sts:AssumeRole",
        *(("sts:TagSession",) if tags.tags else ()),
        *(("sts:SetSourceIdentity",) if source_identity is not None else ()),
    )


def assumption_context(asked: Assumption, source_identity: str | None) -> Context:
    """Answer what conditions may ask of what is asked for (Service Authorization Reference, AWS STS)."""
    context: dict[str, tuple[str, ...]] = {
        "sts:rolesessionname": (asked.session_name,),
        **{f"aws:requesttag/{key.lower()}": (value,) for key, value in asked.tags},
    }
    if asked.tags:
        context["aws:tagkeys"] = tuple(key for key, _ in asked.tags)
    if asked.transitive_tag_keys:
        context["sts:transitivetagkeys"] = asked.transitive_tag_keys
    if asked.external_id is not None:
        context["sts:externalid"] = (asked.external_id,)
    if source_identity is not None:
        context["sts:sourceidentity"] = (source_identity,)
    return context
