"""What is in a bucket: objects, versions, and uploads under way, page by page and rolled up by a delimiter.

All three listings are one walk along the order of keys. With a delimiter, the keys that share what comes before its
first occurrence (after the prefix) are one entry, a common prefix; the walk jumps over them instead of reading them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from sealgate.services.objects.buckets import get_bucket
from sealgate.services.objects.versions import NULL_VERSION, parse_sequence
from sealgate.services.paging import encode_token, parse_token
from sealgate.services.scope import Scope
from sealgate.store import objects as store
from sealgate.store import uploads
from sealgate.store.database import Database, Tx
from sealgate.store.keys import Position, after_prefix
from sealgate.store.objects import ObjectVersion
from sealgate.store.uploads import MultipartUpload

MAX_KEYS = 1000
_ROLLED_BATCH = 50
"""Rows read at once where most of them may be rolled up, and so are read for nothing."""


class Keyed(Protocol):
    """What has a key."""

    @property
    def key(self) -> str:
        """The key."""
        ...


T = TypeVar("T", bound=Keyed)
P = TypeVar("P", int, str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is asked for.

    Attributes:
        prefix: Keys begin with it.
        delimiter: Rolls keys up; empty for none.
        limit: The most entries of a page, common prefixes included: 0 to 1,000.
        after: Only entries above this text: keys, and common prefixes themselves.
    """

    prefix: str = ""
    delimiter: str = ""
    limit: int = MAX_KEYS
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[T]):
    """One page.

    Attributes:
        items: In order.
        prefixes: The common prefixes among them, in order.
        is_truncated: Whether there is more.
        last: The page's last entry, an item or a common prefix; None for an empty page.
    """

    items: tuple[T, ...]
    prefixes: tuple[str, ...]
    is_truncated: bool
    last: T | str | None

    @property
    def last_key(self) -> str | None:
        """Answer the key or common prefix that the page ends with."""
        return self.last if self.last is None or isinstance(self.last, str) else self.last.key


class ListingService:
    """The contents of all buckets."""

    def __init__(self, *, db: Database) -> None:
        self._db = db

    def objects(
        self, scope: Scope, bucket: str, query: Query, *, token: str | None = None
    ) -> tuple[Listing[ObjectVersion], str | None]:
        """Answer the objects that are not deleted, and the token for the rest.

        Raises:
            NoSuchBucket, WrongRegion: The bucket cannot be used.
            Invalid: The token is not one of ours.
        """
        start = _start(query) if token is None else _parse_place(token)
        with self._db.read() as tx:
            get_bucket(tx, scope, bucket)
            page = _walk(
                query,
                start,
                lambda position, end, limit: store.list_current(tx, bucket, position, end=end, limit=limit),
            )
        return page, _encode_place(page) if page.is_truncated else None

    def versions(
        self, scope: Scope, bucket: str, query: Query, *, version_id: str | None = None
    ) -> Listing[ObjectVersion]:
        """Answer all versions and delete markers, newest first within a key.

        Args:
            scope: Whose bucket it is.
            bucket: Its name.
            query: What is asked for.
            version_id: Of the key `query.after` itself, the versions after this one are wanted too.

        Raises:
            NoSuchBucket, WrongRegion: The bucket cannot be used.
        """
        with self._db.read() as tx:
            get_bucket(tx, scope, bucket)
            start = _start(query) if version_id is None else _after_version(tx, bucket, query.after, version_id)
            return _walk(
                query,
                start,
                lambda position, end, limit: store.list_versions(tx, bucket, position, end=end, limit=limit),
                within=lambda version: version.sequence,
            )

    def uploads(
        self, scope: Scope, bucket: str, query: Query, *, upload_id: str | None = None
    ) -> Listing[MultipartUpload]:
        """Answer the uploads under way, oldest first within a key.

        Args:
            scope: Whose bucket it is.
            bucket: Its name.
            query: What is asked for.
            upload_id: Of the key `query.after` itself, the uploads after this one are wanted too.

        Raises:
            NoSuchBucket, WrongRegion: The bucket cannot be used.
        """
        marked = upload_id is not None and query.after != ""
        start = Position(key=query.after, item=upload_id) if marked else _start(query)
        with self._db.read() as tx:
            get_bucket(tx, scope, bucket)
            return _walk(
                query,
                start,
                lambda position, end, limit: uploads.list_uploads(tx, bucket, position, end=end, limit=limit),
                within=lambda upload: upload.upload_id,
            )


def _walk(
    query: Query,
    start: Position[P] | None,
    fetch: Callable[[Position[P], str | None, int], Sequence[T]],
    *,
    within: Callable[[T], P] | None = None,
) -> Listing[T]:
    """Collect one page.

    Args:
        query: What is asked for.
        start: Where the page begins; None after everything.
        fetch: Answers items from a position up to a key (exclusive), in order, at most so many.
        within: Answers an item's place among those that share its key, where several may.
    """
    entries: list[T | str] = []
    end = after_prefix(query.prefix)
    batch = _ROLLED_BATCH if query.delimiter else MAX_KEYS + 1
    position = start
    if start is not None and start.key < query.prefix:
        position = Position(key=query.prefix, inclusive=True)
    while position is not None and len(entries) <= query.limit:
        wanted = min(query.limit + 1 - len(entries), batch)
        found = fetch(position, end, wanted)
        for item in found:
            rolled = _common_prefix(item.key, query)
            if rolled is None:
                entries.append(item)
            elif not entries or entries[-1] != rolled:
                entries.append(rolled)
        if len(found) < wanted:
            break
        position = _after(entries[-1], within)
    page = entries[: query.limit]
    return Listing(
        items=tuple(entry for entry in page if not isinstance(entry, str)),
        prefixes=tuple(entry for entry in page if isinstance(entry, str)),
        is_truncated=query.limit > 0 and len(entries) > query.limit,
        last=page[-1] if page else None,
    )


def _after(entry: T | str, within: Callable[[T], P] | None) -> Position[P] | None:
    if isinstance(entry, str):
        return _past(entry)
    return Position(key=entry.key, item=None if within is None else within(entry))


def _past(prefix: str) -> Position[P] | None:
    following = after_prefix(prefix)
    return None if following is None else Position(key=following, inclusive=True)


def _common_prefix(key: str, query: Query) -> str | None:
    if not query.delimiter:
        return None
    found = key.find(query.delimiter, len(query.prefix))
    return None if found < 0 else key[: found + len(query.delimiter)]


def _start(query: Query) -> Position[P] | None:
    # A common prefix that is not above `after` is left out with all its keys.
    rolled = _common_prefix(query.after, query) if query.after.startswith(query.prefix) else None
    return Position(key=query.after) if rolled is None else _past(rolled)


def _after_version(tx: Tx, bucket: str, key: str, version_id: str) -> Position[int]:
    sequence = parse_sequence(version_id)
    if sequence is None and version_id == NULL_VERSION:
        version = store.find_version(tx, bucket, key, version_id)
        sequence = None if version is None else version.sequence
    if sequence is None:
        # Where `null` is gone, its place is not known: rather an item twice than one left out.
        return Position(key=key, inclusive=True)
    return Position(key=key, item=sequence)


def _encode_place(page: Listing[T]) -> str:
    return encode_token("prefix" if isinstance(page.last, str) else "key", page.last_key or "")


def _parse_place(token: str) -> Position[int] | None:
    kind, text = parse_token(token, parts=2)
    return _past(text) if kind == "prefix" else Position(key=text)
