"""The tags of users, roles, policies and sessions.

Keys are unique whatever their case, and keep the case they were first given in. Policies read them, so none is reserved
for this server. Source: IAM User Guide, "Tagging IAM resources", "Rules".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sealgate.services.iam.errors import InvalidInput, QuotaExceeded
from sealgate.services.iam.quotas import MAX_TAGS

Pair = tuple[str, str]


def new_tags(pairs: Iterable[Pair]) -> dict[str, str]:
    """Answer the tags that something new shall have.

    Raises:
        InvalidInput: A key stands twice, or is AWS's own.
        QuotaExceeded: There are too many.
    """
    return merge_tags({}, pairs)


def merge_tags(held: Mapping[str, str], pairs: Iterable[Pair]) -> dict[str, str]:
    """Add tags to those that something has, or change their values.

    Raises:
        InvalidInput, QuotaExceeded: As `new_tags`.
    """
    given = list(pairs)
    keys = [key.lower() for key, _ in given]
    if len(set(keys)) != len(keys):
        raise InvalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if any(key.startswith("aws:") for key in keys):
        raise InvalidInput("Tag keys that begin with aws: are reserved for system use.")
    merged = remove_tags(held, keys) | dict(given)
    if len(merged) > MAX_TAGS:
        raise QuotaExceeded(f"The number of tags has reached the maximum limit: {MAX_TAGS}")
    return merged


def remove_tags(held: Mapping[str, str], keys: Collection[str]) -> dict[str, str]:
    """Answer the tags without some, whatever their case; keys that are not there do not matter."""
    gone = {key.lower() for key in keys}
    return {key: value for key, value in held.items() if key.lower() not in gone}
