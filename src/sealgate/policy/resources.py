"""The Resource and NotResource elements: which resources a statement is about.

A pattern is an ARN with wildcards, or `*`; parts that are left off at its end are `*`. The service is written out. A
`*` matches any characters, colons and slashes included (IAM User Guide, "Resource": a wildcard "can expand to match
beyond the colon boundaries").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from sealgate.policy.criteria import Criterion
from sealgate.policy.malformed import MalformedPolicy, legacy_error
from sealgate.policy.request import Context
from sealgate.policy.variables import Template, parse_template
from sealgate.policy.wildcards import check_pattern

EVERYTHING = "*"
_PARTS = 6
_KNOWN = 4096
"""How many patterns are remembered, so that equal ones have one criterion; whoever has more loses time only."""
_PARTITIONS = frozenset(
    {"*", "aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"}
)
_IAM_PATHS = (
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
)
"""As IAM's own message lists them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Which resources a statement names.

    Attributes:
        excluding: The element is NotResource.
        texts: The patterns as they were written.
        templates: Those with variables.
        criteria: One for each.
    """

    excluding: bool
    texts: tuple[str, ...]
    templates: tuple[Template, ...]
    criteria: tuple[Criterion, ...] = field(compare=False, repr=False)

    def is_complete(self, context: Context) -> bool:
        """Tell whether each variable has a value."""
        return all(template.text(context) is not None for template in self.templates)


def parse_resources(texts: Sequence[str], *, excluding: bool, variables: bool) -> Resources:
    """Read the patterns of a Resource or NotResource element.

    Raises:
        MalformedPolicy: One is no ARN with wildcards.
    """
    templates = [_parse_resource(text, variables=variables) for text in texts]
    return Resources(
        excluding=excluding,
        texts=tuple(texts),
        templates=tuple(template for template in templates if not template.is_constant),
        criteria=tuple(template.criterion for template in templates),
    )


@lru_cache(maxsize=_KNOWN)
def _parse_resource(text: str, *, variables: bool) -> Template:
    template = parse_template(check_pattern(text), variables=variables)
    check_resource(text, template)
    return template if len(template.parts) > 1 else Template(parts=(_filled(text),))


def _filled(text: str) -> str:
    return text if text == EVERYTHING else text + ":*" * (_PARTS - 1 - text.count(":"))


def check_resource(text: str, template: Template) -> None:
    """Refuse what names no resource, with IAM's messages.

    Raises:
        MalformedPolicy: It does not.
    """
    if text == EVERYTHING:
        return
    parts = template.split(_PARTS)
    if any(not isinstance(piece, str) for part in parts[: _PARTS - 1] for piece in part.parts):
        raise legacy_error(f"Resource {text} has a policy variable before its fifth colon.")
    arn, *rest = [part.text({}) or "" for part in parts[: _PARTS - 1]]
    if rest:
        _check_partition(text, rest[0])
    if arn != "arn" or not rest:
        raise MalformedPolicy(f'Resource {text} must be in ARN format or "*".')
    if len(rest) == 1 or "*" in rest[1] or "?" in rest[1]:
        raise MalformedPolicy("Resource vendor must be fully qualified and cannot contain regexes.")
    if not rest[1] or (len(parts) < _PARTS and "::" in text):
        raise legacy_error(f"Resource {text} is no ARN.")
    _check_region(text, rest)
    _check_iam_path(text, rest)


def _check_partition(text: str, partition: str) -> None:
    if partition in _PARTITIONS:
        return
    tail = text.split(":", _PARTS - 1)[2:]
    filled = ":".join([*tail, *["*"] * (_PARTS - 2 - len(tail))])
    raise MalformedPolicy(f'Partition "{partition}" is not valid for resource "arn:{partition}:{filled}".')


def _check_region(text: str, parts: list[str]) -> None:
    _, service, *place = parts
    if not place or place[0] in {"", "*"}:
        return
    if service == "iam":
        raise MalformedPolicy(f"IAM resource {text} cannot contain region information.")
    if service == "s3" and not _path(text).startswith("accesspoint/"):
        raise MalformedPolicy(f"Resource {text} can not contain region information.")


def _check_iam_path(text: str, parts: list[str]) -> None:
    path = _path(text)
    if parts[1] == "iam" and path not in {"", EVERYTHING} and not path.startswith(_IAM_PATHS):
        listed = ", ".join(_IAM_PATHS)
        raise MalformedPolicy(f'IAM resource path must either be "*" or start with {listed}.')


def _path(text: str) -> str:
    """Answer what stands after the fifth colon."""
    return text.split(":", _PARTS - 1)[-1] if text.count(":") >= _PARTS - 1 else ""
