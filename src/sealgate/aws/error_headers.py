"""Headers that go with an error: what a client needs to act on it and the body has no place for.

Source: the Amazon S3 API reference, "Error responses", and GetObject and HeadObject for delete markers; the Lambda API
reference, Invoke, for throttled invocations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.utils import format_datetime
from typing import Any

from sealgate.errors import SealgateError
from sealgate.services.invocations.errors import Throttled
from sealgate.services.objects import errors as object_errors

Headers = Mapping[str, str]


def headers_of(error: SealgateError) -> Headers:
    """Answer the headers that go with an error; mostly none."""
    write = _HEADERS.get(type(error))
    return {} if write is None else write(error)


def _wrong_region(error: object_errors.WrongRegion) -> Headers:
    return {"x-amz-bucket-region": error.region}


def _no_such_key(error: object_errors.NoSuchKey) -> Headers:
    if error.delete_marker is None:
        return {}
    return {"x-amz-delete-marker": "true", "x-amz-version-id": error.delete_marker}


def _delete_marker(error: object_errors.IsDeleteMarker) -> Headers:
    return {
        "x-amz-delete-marker": "true",
        "x-amz-version-id": error.version_id,
        "allow": "DELETE",
        "last-modified": format_datetime(error.modified_at, usegmt=True),
    }


def _not_modified(error: object_errors.NotModified) -> Headers:
    headers = {"etag": f'"{error.etag}"', "last-modified": format_datetime(error.modified_at, usegmt=True)}
    return headers if error.version_id is None else headers | {"x-amz-version-id": error.version_id}


def _not_satisfiable(error: object_errors.RangeNotSatisfiable) -> Headers:
    return {"content-range": f"bytes */{error.size}"}


def _throttled(_error: Throttled) -> Headers:
    return {"retry-after": "1"}


_HEADERS: Mapping[type[SealgateError], Callable[[Any], Headers]] = {
    object_errors.WrongRegion: _wrong_region,
    object_errors.NoSuchKey: _no_such_key,
    object_errors.IsDeleteMarker: _delete_marker,
    object_errors.NotModified: _not_modified,
    object_errors.RangeNotSatisfiable: _not_satisfiable,
    Throttled: _throttled,
}
