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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sealgate.aws.resources import Resource, find_value
from sealgate.services.access import Wanted

Arguments = Mapping[str, Any]
Keys = Mapping[str, str]
"""From a condition key, in lower case, to the path of the member that holds its value."""


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
        exempt: Why nothing is asked here ("always allowed"); empty where it is.
        denial: What a denial is said to be, before the reason; for what one service does in another in a caller's name.
    """

    action: str
    resource: Resource
    owner: str | None = None
    when: str | None = None
    unless: str | None = None
    keys: Keys = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    tags: str | None = None
    exempt: str = ""
    denial: str = ""

    @property
    def parameters(self) -> list[str]:
        """The parameters that it reads."""
        paths = (*self.resource.parameters, self.owner, self.when, self.unless, self.tags, *self.keys.values())
        return [path.partition(".")[0] for path in paths if path]

    @property
    def condition_keys(self) -> list[str]:
        """The condition keys it answers, as a table shows them."""
        tagged = ("aws:requesttag", "aws:tagkeys") if self.tags else ()
        return sorted((*self.keys, *self.fixed, *tagged))

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
            denial=self.denial,
        )

    def _context(self, arguments: Arguments) -> dict[str, tuple[str, ...]]:
        context: dict[str, tuple[str, ...]] = {key: (value,) for key, value in self.fixed.items()}
        for key, path in self.keys.items():
            value = find_value(arguments, path)
            if value is not None:
                context[key] = _as_values(value)
        if self.tags is not None:
            context.update(_tag_context(find_value(arguments, self.tags)))
        return context


def _as_values(value: Any) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, str) or not isinstance(value, Sequence):
        return (str(value),)
    return tuple(map(str, value))


def _tag_context(given: Any) -> dict[str, tuple[str, ...]]:
    """Answer `aws:RequestTag/KEY` and `aws:TagKeys` of tags in any of the forms that services give them."""
    tags = _parse_tags(given)
    if not tags:
        return {}
    values = {f"aws:requesttag/{key.lower()}": (value,) for key, value in tags.items() if value is not None}
    return {"aws:tagkeys": tuple(tags), **values}


def _parse_tags(given: Any) -> Mapping[str, str | None]:
    if isinstance(given, Mapping):
        return given
    pairs: dict[str, str | None] = {}
    for each in given or ():
        pairs.update({each["Key"]: each["Value"]} if isinstance(each, Mapping) else {each: None})
    return pairs
