"""What a call needs to be allowed: actions on resources, and what conditions may read of the request.

An operation's main permission is named for it and stands in its declaration; further ones are listed there, each with
the member that makes it necessary:

    @lambda_.operation(
        resource=FUNCTION,
        keys={"lambda:codesigningconfigarn": "code_signing_config_arn"},
        tags="tags",
        also=(Permission(action="iam:PassRole", resource=parse_template("iam", "{role}")),),
    )

Source: Service Authorization Reference, "Actions, resources, and condition keys" of each service.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from sealgate.aws.resources import Resource, find_value
from sealgate.services.access.entry import Wanted

Arguments = Mapping[str, Any]
Keys = Mapping[str, str]
"""From a condition key, in lower case, to the path of the member that holds its value."""
_MEMBER = re.compile(r"\{([a-zA-Z0-9_.]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One action on one resource.

    Attributes:
        action: As IAM names it (`s3:GetObjectVersion`).
        resource: What it is on.
        owner: The parameter that names the account of the resource; None: the caller's, or what the resource says.
        when: The path of the member that has to be given for this to be needed; None: always.
        unless: The path of the member that has to be absent for this to be needed; None: always.
        keys: Condition keys that the request answers.
        fixed: Condition keys whose value the operation itself answers.
        tags: The path of the member that has the tags of the request, or the keys of tags.
        object_tags: The path of the member that has the tags of an object (`s3:RequestObjectTag`).
        exempt: Why nothing is asked here ("always allowed"); empty where it is.
        denial: What a denial is said to be, before the reason; members stand in braces. For what one service does in
            another in a caller's name.
    """

    action: str
    resource: Resource
    owner: str | None = None
    when: str | None = None
    unless: str | None = None
    keys: Keys = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    tags: str | None = None
    object_tags: str | None = None
    exempt: str = ""
    denial: str = ""

    @property
    def parameters(self) -> list[str]:
        """The parameters that it reads."""
        paths = (self.owner, self.when, self.unless, self.tags, self.object_tags)
        named = (*self.resource.parameters, *self.keys.values(), *filter(None, paths))
        return [path.partition(".")[0] for path in named]

    @property
    def condition_keys(self) -> list[str]:
        """The condition keys it answers, as a table shows them."""
        tagged = ("aws:requesttag", "aws:tagkeys") if self.tags else ()
        labelled = ("s3:requestobjecttag", "s3:requestobjecttagkeys") if self.object_tags else ()
        return sorted((*self.keys, *self.fixed, *tagged, *labelled))

    @property
    def condition(self) -> str:
        """When it is needed, as a table shows it; empty: always."""
        said = (f"if `{self.when}`" if self.when else "", f"without `{self.unless}`" if self.unless else "")
        return ", ".join(filter(None, said))

    def find_wanted(self, arguments: Arguments, *, region: str, account: str) -> Wanted | None:
        """Answer what one call needs by this permission, or None where it needs nothing."""
        needless = self.when is not None and find_value(arguments, self.when) is None
        if needless or (self.unless is not None and find_value(arguments, self.unless) is not None):
            return None
        owner = self.owner and arguments.get(self.owner)
        return Wanted(
            action=self.action,
            resource=self.resource.render(arguments, region=region, account=owner or account),
            context=self._context(arguments),
            is_exempt=bool(self.exempt),
            denial=self.denial and _MEMBER.sub(lambda match: str(find_value(arguments, match[1])), self.denial),
        )

    def _context(self, arguments: Arguments) -> dict[str, tuple[str, ...]]:
        context: dict[str, tuple[str, ...]] = {key: (value,) for key, value in self.fixed.items()}
        for key, path in self.keys.items():
            value = find_value(arguments, path)
            if value is not None:
                context[key] = _as_values(value)
        if self.tags is not None:
            context.update(_tag_context(find_value(arguments, self.tags), each="aws:requesttag", keys="aws:tagkeys"))
        if self.object_tags is not None:
            given = find_value(arguments, self.object_tags)
            context.update(_tag_context(given, each="s3:requestobjecttag", keys="s3:requestobjecttagkeys"))
        return context


def _as_values(value: Any) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, str) or not isinstance(value, Sequence):
        return (str(value),)
    return tuple(map(str, value))


def _tag_context(given: Any, *, each: str, keys: str) -> dict[str, tuple[str, ...]]:
    """Answer the context keys of tags in any of the forms that services give them.

    Args:
        given: The tags, or their keys.
        each: The key that has one tag's value, up to the tag's own key (`aws:requesttag`).
        keys: The key that has all tags' keys (`aws:tagkeys`).
    """
    tags = _parse_tags(given)
    if not tags:
        return {}
    values = {f"{each}/{key.lower()}": (value,) for key, value in tags.items() if value is not None}
    return {keys: tuple(tags), **values}


def _parse_tags(given: Any) -> Mapping[str, str | None]:
    if isinstance(given, Mapping):
        return given
    if isinstance(given, str):  # S3's header; what is wrong in it is refused later
        return dict(parse_qsl(given, keep_blank_values=True))
    pairs: dict[str, str | None] = {}
    for each in given or ():
        pairs.update({each["Key"]: each["Value"]} if isinstance(each, Mapping) else {each: None})
    return pairs
