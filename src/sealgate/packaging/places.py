"""Where a template names code and nested templates, by type of resource, and why what is there cannot be signed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from sealgate.errors import Invalid
from sealgate.templates import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeProperty:
    """The property that names code, and the members of an object in S3 in its place."""

    name: str
    bucket: str
    key: str
    version: str


_LAMBDA = {"bucket": "S3Bucket", "key": "S3Key", "version": "S3ObjectVersion"}
_SAM = {"bucket": "Bucket", "key": "Key", "version": "Version"}
_FUNCTION = "AWS::Serverless::Function"

CODE: Mapping[str, CodeProperty] = {
    "AWS::Lambda::Function": CodeProperty(name="Code", **_LAMBDA),
    "AWS::Lambda::LayerVersion": CodeProperty(name="Content", **_LAMBDA),
    _FUNCTION: CodeProperty(name="CodeUri", **_SAM),
    "AWS::Serverless::LayerVersion": CodeProperty(name="ContentUri", **_SAM),
}
"""Resource types whose code Lambda verifies."""

NESTED: Mapping[str, str] = {"AWS::CloudFormation::Stack": "TemplateURL", "AWS::Serverless::Application": "Location"}
"""Resource types that name another template, and the property that does."""

_ELSEWHERE = ("s3://", "http://", "https://")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCode:
    """An object in S3 that shall be deployed: this very version of it."""

    bucket: str
    key: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePlace:
    """A resource that names code on this machine.

    Attributes:
        resource: Its logical id.
        path: The path, relative to the template.
        put: Makes the template name an object in its stead.
    """

    resource: str
    path: str
    put: Callable[[StoredCode], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class NestedPlace:
    """A resource that names a template on this machine.

    Attributes:
        resource: Its logical id.
        path: The path, relative to the template.
        put: Makes the template name an address in its stead.
    """

    resource: str
    path: str
    put: Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsigned:
    """A resource whose code is not signed.

    Attributes:
        resource: Its logical ids, from the outermost template inwards (`Backend/App`).
        reason: Why not.
    """

    resource: str
    reason: str


Place = CodePlace | NestedPlace | Unsigned


def find_places(template: Template) -> Iterator[Place]:
    """Find everything in a template that names code or another template.

    Raises:
        Invalid: The template has no resources as CloudFormation has them.
    """
    shared = _section(_section(template, "Globals"), "Function")
    uri = shared.get(CODE[_FUNCTION].name)
    if _is_local(uri):
        yield CodePlace(resource="Globals.Function", path=uri, put=_putter(shared, CODE[_FUNCTION]))
    if not _section(template, "Resources"):
        raise Invalid("the template has no Resources")
    for name, resource in template["Resources"].items():
        if isinstance(resource, list):  # Fn::ForEach
            yield Unsigned(resource=name, reason="it is a loop, and what that makes is not looked into")
        elif not isinstance(resource, dict):
            raise Invalid(f"resource {name} is not a mapping")
        elif not (resource.get("Type") == _FUNCTION and _is_shared(resource, shared)):
            yield from find_in_resource(name, resource)


def _is_shared(function: dict[str, Any], shared: Mapping[str, Any]) -> bool:
    """Tell whether a function's code is what the template's globals say."""
    own = {CODE[_FUNCTION].name, "InlineCode", "ImageUri"} & set(_section(function, "Properties"))
    return CODE[_FUNCTION].name in shared and not own


def find_in_resource(name: str, resource: dict[str, Any]) -> Iterator[Place]:
    """Find what one resource names; nothing, or one place.

    Raises:
        Invalid: Its properties are not a mapping.
    """
    kind, properties = str(resource.get("Type")), _section(resource, "Properties")
    if kind in CODE:
        yield _find_code(name, properties, CODE[kind])
    elif kind in NESTED:
        yield _find_nested(name, properties, NESTED[kind])


def _section(outer: Template, name: str) -> dict[str, Any]:
    section = outer.get(name)
    if section is not None and not isinstance(section, dict):
        raise Invalid(f"{name} is not a mapping")
    return {} if section is None else section


def _find_code(resource: str, properties: dict[str, Any], code: CodeProperty) -> CodePlace | Unsigned:
    value = properties.get(code.name)
    is_image = properties.get("PackageType") == "Image" or "ImageUri" in properties
    if not is_image and _is_local(value):
        return CodePlace(resource=resource, path=value, put=_putter(properties, code))
    if "InlineCode" in properties:
        value = {"ZipFile": properties["InlineCode"]}
    return Unsigned(resource=resource, reason=_IMAGE if is_image else _reason(value))


_IMAGE = "it is a container image, which a Lambda signing profile does not sign"


def _reason(value: Any) -> str:
    """Say why code that is not on this machine is not signed."""
    if value is None:
        return "it names no code"
    if isinstance(value, str):
        return f"its code is elsewhere already: {value}"
    if isinstance(value, dict) and "ImageUri" in value:
        return _IMAGE
    if isinstance(value, dict) and "ZipFile" in value:
        return "its code is in the template, and CloudFormation packs it: put it into a file"
    if isinstance(value, dict) and {"S3Bucket", "Bucket"} & set(value):
        return "its code is in S3 already"
    return "what its code is is decided when it is deployed only"


def _find_nested(resource: str, properties: dict[str, Any], name: str) -> NestedPlace | Unsigned:
    value = properties.get(name)
    if _is_local(value):
        return NestedPlace(resource=resource, path=value, put=lambda address: properties.update({name: address}))
    return Unsigned(resource=resource, reason="its template is elsewhere, and what that deploys is not looked into")


def _is_local(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and not value.startswith(_ELSEWHERE)


def _putter(properties: dict[str, Any], code: CodeProperty) -> Callable[[StoredCode], None]:
    def put(stored: StoredCode) -> None:
        properties[code.name] = {code.bucket: stored.bucket, code.key: stored.key, code.version: stored.version}

    return put
