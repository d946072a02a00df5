"""Signing profiles: make one, look at it, end it, tag it.

A profile is made once. Its name stays taken for ever, its one version never changes, and it ends Canceled (here) or
Revoked (`sealgate.services.signing.revocation`); see AWS Signer's PutSigningProfile and CancelSigningProfile.
"""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sealgate.arn import parse_arn, profile_arn
from sealgate.clock import Clock
from sealgate.errors import Conflict, Invalid, NotFound
from sealgate.services.audit.notes import note_resource
from sealgate.services.paging import ListTokens, Page
from sealgate.services.scope import Scope
from sealgate.services.signing.permissions import PermissionService
from sealgate.services.signing.platforms import LAMBDA_PLATFORM, get_platform
from sealgate.services.signing.profile_tags import check_tags
from sealgate.services.signing.validity import DEFAULT_VALIDITY, Validity, check_validity
from sealgate.store import profiles as store
from sealgate.store.database import Database, Tx
from sealgate.store.profiles import Profile, ProfileStatus

_VERSION_ALPHABET = string.ascii_letters + string.digits
_VERSION_LENGTH = 10
_TAGGABLE = re.compile(r"/signing-profiles/([a-zA-Z0-9_-]{2,64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProfile:
    """What a profile is made from.

    Attributes:
        validity: How long its signatures are valid; None is 135 months.
        certificate_arn: The caller's own certificate, for platforms that need one; refused here.
        has_overrides: Whether the caller wants other algorithms or formats than the platform's; refused here.
        signing_parameters: Refused here, as AWS refuses them for Lambda.
    """

    name: str
    platform_id: str
    validity: Validity | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    certificate_arn: str | None = None
    has_overrides: bool = False
    signing_parameters: Mapping[str, str] = field(default_factory=dict)


class ProfileService:
    """The use cases of signing profiles.

    Attributes:
        permissions: What other accounts and roles may do with them.
    """

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self.permissions = PermissionService(db=db)

    def put(self, scope: Scope, new: NewProfile) -> Profile:
        """Make a profile.

        Raises:
            NotFound: There is no such platform.
            Invalid: The profile cannot be for this platform, or so long, or so tagged.
            Conflict: The name is taken, be it by a profile that has ended, and be it the very same request.
        """
        now = self._clock()
        _check_platform(new)
        validity = new.validity or DEFAULT_VALIDITY
        check_validity(validity, now=now)
        check_tags(new.tags)
        profile = Profile(
            account=scope.account,
            region=scope.region,
            name=new.name,
            version="".join(secrets.choice(_VERSION_ALPHABET) for _ in range(_VERSION_LENGTH)),
            platform_id=new.platform_id,
            validity_value=validity.value,
            validity_type=validity.unit,
            status="Active",
            tags=new.tags,
            created_at=now,
        )
        with self._db.write() as tx:
            if find_profile(tx, scope, new.name) is not None:
                raise Conflict(f"Profile with name {new.name} already exists", reason="ProfileAlreadyExists")
            store.profiles.insert(tx, profile)
        note_resource(profile.arn)
        return profile

    def get(self, scope: Scope, name: str, *, owner: str | None = None) -> Profile:
        """Answer a profile, whatever its status.

        Args:
            scope: Whose call it is.
            name: The profile's.
            owner: The account of the profile, which the door has let the caller into; None: the caller's.

        Raises:
            NotFound: There is none of this name.
        """
        with self._db.statement() as tx:
            return get_profile(tx, scope if owner in {None, scope.account} else replace(scope, account=owner), name)

    def list(
        self,
        scope: Scope,
        *,
        include_canceled: bool,
        statuses: Sequence[str],
        platform_id: str | None,
        limit: int,
        token: str | None,
    ) -> Page[Profile]:
        """Answer profiles by name, a page at a time.

        Args:
            scope: Whose profiles.
            include_canceled: List ended ones too; without effect where statuses are given.
            statuses: List exactly these; empty lists the Active ones.
            platform_id: List those of this platform only.
            limit: The page's size.
            token: Where the last page ended.

        Raises:
            Invalid: The token is none of this list's.
        """
        wanted = _wanted_statuses(statuses, include_canceled=include_canceled)
        tokens = ListTokens("profiles", scope.account, scope.region, wanted, platform_id)
        (after,) = tokens.parse(token, parts=1) if token is not None else ("",)
        with self._db.read() as tx:
            found = store.list_profiles(
                tx,
                account=scope.account,
                region=scope.region,
                statuses=wanted,
                platform_id=platform_id,
                after=after,
                limit=limit + 1,
            )
        items = tuple(found[:limit])
        return Page(items=items, next_token=tokens.encode(items[-1].name) if len(found) > limit else None)

    def cancel(self, scope: Scope, name: str) -> None:
        """End a profile: it signs no more; what it signed stays trusted. A canceled one stays so.

        Raises:
            NotFound: There is none of this name.
            Conflict: It is revoked.
        """
        with self._db.write() as tx:
            profile = get_profile(tx, scope, name)
            if profile.status == "Revoked":
                raise Conflict(
                    f"Signing Profile {name} cannot be canceled because it has been revoked."
                    " A revoked profile cannot be canceled."
                )
            store.profiles.replace(tx, replace(profile, status="Canceled"))

    def tags(self, scope: Scope, arn: str) -> Mapping[str, str]:
        """Answer the tags of the profile that an ARN names.

        Raises:
            Invalid: The ARN names no kind of thing that has tags.
            NotFound: There is no such profile.
        """
        with self._db.read() as tx:
            return _get_by_arn(tx, scope, arn).tags

    def tag(self, scope: Scope, arn: str, tags: Mapping[str, str]) -> None:
        """Add tags, or change their values.

        Raises:
            Invalid: As `tags`; or the profile would have too many, or one is reserved.
            NotFound: There is no such profile.
            Conflict: It is no longer Active.
        """
        with self._db.write() as tx:
            profile = _get_taggable(tx, scope, arn)
            check_tags(tags)
            merged = {**profile.tags, **tags}
            check_tags(merged)
            store.profiles.replace(tx, replace(profile, tags=merged))

    def untag(self, scope: Scope, arn: str, keys: Collection[str]) -> None:
        """Remove tags; keys that are not there do not matter.

        Raises:
            Invalid, NotFound, Conflict: As `tag`.
        """
        with self._db.write() as tx:
            profile = _get_taggable(tx, scope, arn)
            left = {key: value for key, value in profile.tags.items() if key not in keys}
            store.profiles.replace(tx, replace(profile, tags=left))


def find_profile(tx: Tx, scope: Scope, name: str) -> Profile | None:
    """Answer a profile of the caller's account and region, or None."""
    return store.profiles.find(tx, account=scope.account, region=scope.region, name=name)


def profile_not_found(name: str) -> NotFound:
    """Word the absence of a profile as most operations do."""
    return NotFound(f"Signing Profile with name {name} does not exist.", reason="ProfileNotFound")


def get_profile(tx: Tx, scope: Scope, name: str) -> Profile:
    """Answer a profile of the caller's account and region.

    Raises:
        NotFound: There is none of this name.
    """
    profile = find_profile(tx, scope, name)
    if profile is None:
        raise profile_not_found(name)
    return profile


def _get_by_arn(tx: Tx, scope: Scope, text: str) -> Profile:
    arn = parse_arn(text)
    match = _TAGGABLE.fullmatch(arn.resource)
    if arn.service != "signer" or match is None:
        raise Invalid(f"{text} is not the ARN of a signing profile; nothing else has tags")
    if text != profile_arn(scope.region, scope.account, match[1]):
        raise profile_not_found(match[1])
    return get_profile(tx, scope, match[1])


def _get_taggable(tx: Tx, scope: Scope, text: str) -> Profile:
    profile = _get_by_arn(tx, scope, text)
    if profile.status != "Active":
        raise Conflict(f"Signing Profile {profile.name} is {profile.status}; its tags cannot be changed any more")
    return profile


def _wanted_statuses(statuses: Sequence[str], *, include_canceled: bool) -> tuple[ProfileStatus, ...]:
    if statuses:
        return tuple(known for known in store.PROFILE_STATUSES if known in statuses)
    return store.PROFILE_STATUSES if include_canceled else ("Active",)


def _check_platform(new: NewProfile) -> None:
    platform = get_platform(new.platform_id)
    if platform.platform_id != LAMBDA_PLATFORM:
        raise Invalid(f"Platform {new.platform_id} is not available here; use {LAMBDA_PLATFORM}")
    if new.signing_parameters:
        raise Invalid(f"Signing parameters should not be present when using {LAMBDA_PLATFORM} platform")
    if new.certificate_arn is not None:
        raise Invalid(f"Signing material should not be present when using {LAMBDA_PLATFORM} platform")
    if new.has_overrides:
        raise Invalid(f"Overrides should not be present when using {LAMBDA_PLATFORM} platform")
