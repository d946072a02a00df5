"""Conditions that a caller sets on what it reads, copies or replaces (RFC 9110 section 13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sealgate.errors import Unsupported
from sealgate.services.objects.errors import ConditionFailed, NoSuchKey, NotModified
from sealgate.store.objects import ObjectVersion

ANY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadConditions:
    """What must hold of the version that is read.

    Attributes:
        match: An entity tag, several with commas between, or `*`.
        none_match: The same, of what it must not be.
        modified_since: It must be newer.
        unmodified_since: It must not be newer.
    """

    match: str | None = None
    none_match: str | None = None
    modified_since: datetime | None = None
    unmodified_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteConditions:
    """What must hold of the object that is replaced.

    Attributes:
        match: It must exist and have this entity tag.
        none_match: `*`: it must not exist.
    """

    match: str | None = None
    none_match: str | None = None


def verify_read(conditions: ReadConditions, version: ObjectVersion, *, version_id: str | None) -> None:
    """Check the conditions of a read, in the order of RFC 9110 section 13.2.2.

    An entity tag decides over a date: where `match` holds, `unmodified_since` is not looked at, and where
    `none_match` is given, `modified_since` is not.

    Raises:
        ConditionFailed: `match` or `unmodified_since` does not hold.
        NotModified: `none_match` or `modified_since` does not hold; it names `version_id`.
    """
    failed = _failed_match(conditions, version)
    if failed is not None:
        raise ConditionFailed(failed)
    if _is_unchanged(conditions, version):
        raise NotModified(etag=version.etag, modified_at=version.modified_at, version_id=version_id)


def verify_copy(conditions: ReadConditions, version: ObjectVersion) -> None:
    """Check the conditions on a copy's source.

    Raises:
        ConditionFailed: One does not hold.
    """
    failed = _failed_match(conditions, version)
    if failed is None and _is_unchanged(conditions, version):
        failed = "If-None-Match" if conditions.none_match is not None else "If-Modified-Since"
    if failed is not None:
        raise ConditionFailed(f"x-amz-copy-source-{failed}")


def verify_write(conditions: WriteConditions, key: str, current: ObjectVersion | None) -> None:
    """Check the conditions of a write against what the key means now; a delete marker counts as nothing.

    Raises:
        ConditionFailed: The object has another entity tag, or exists though it must not.
        NoSuchKey: An entity tag is asked for, and nothing is there.
        Unsupported: `none_match` is not `*`.
    """
    if conditions.none_match not in (None, ANY):
        raise Unsupported("A header you provided implies functionality that is not implemented: If-None-Match")
    exists = current is not None and not current.is_delete_marker
    if conditions.none_match is not None and exists:
        raise ConditionFailed("If-None-Match")
    if conditions.match is None:
        return
    if current is None or not exists:
        raise NoSuchKey(key)
    if not _is_listed(conditions.match, current.etag):
        raise ConditionFailed("If-Match")


def _failed_match(conditions: ReadConditions, version: ObjectVersion) -> str | None:
    if conditions.match is not None:
        return None if _is_listed(conditions.match, version.etag) else "If-Match"
    since = conditions.unmodified_since
    return "If-Unmodified-Since" if since is not None and version.modified_at > since else None


def _is_unchanged(conditions: ReadConditions, version: ObjectVersion) -> bool:
    if conditions.none_match is not None:
        return _is_listed(conditions.none_match, version.etag)
    return conditions.modified_since is not None and version.modified_at <= conditions.modified_since


def _is_listed(tags: str, etag: str) -> bool:
    listed = (tag.strip().removeprefix("W/").strip('"') for tag in tags.split(","))
    return any(tag in (ANY, etag) for tag in listed)
