"""AWS::Lambda::Function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sealgate.services.stacks.resource import HandlerFailed, Made, Properties, ResourceCall
from sealgate.services.stacks.resources.inline_code import pack
from sealgate.services.stacks.resources.lambda_configs import retag
from sealgate.services.stacks.resources.members import changed, given, make_named, tolerating
from sealgate.services.stacks.resources.tags import TAGS, tag_map
from sealgate.services.stacks.templates.shapes import ListOf, MapOf, Number, Property, Structure, Text
from sealgate.services.stacks.templates.values import Value

_NAME_LENGTH = 64
_LOGGING = ("ApplicationLogLevel", "LogFormat", "LogGroup", "SystemLogLevel")
_CODE = ("S3Bucket", "S3Key", "S3ObjectVersion", "ZipFile")
_MANDATORY = ("Handler", "Runtime")

_SETTINGS: Mapping[str, Value] = {
    "Description": "",
    "Environment": {"Variables": {}},
    "EphemeralStorage": {"Size": 512},
    "Handler": None,
    "Layers": [],
    "LoggingConfig": {},
    "MemorySize": 128,
    "Role": None,
    "Runtime": None,
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
}
"""What UpdateFunctionConfiguration changes, and what each is where a template says nothing (Lambda API reference)."""


class Function:
    """AWS::Lambda::Function. `Ref` is its name."""

    name = "AWS::Lambda::Function"
    properties: ClassVar[Mapping[str, Property]] = {
        "Architectures": Property(shape=ListOf(Text())),
        "Code": Property(shape=Structure({name: Property(shape=Text()) for name in _CODE}), required=True),
        "CodeSigningConfigArn": Property(shape=Text()),
        "Description": Property(shape=Text()),
        "Environment": Property(shape=Structure({"Variables": Property(shape=MapOf(Text()))})),
        "EphemeralStorage": Property(shape=Structure({"Size": Property(shape=Number(), required=True)})),
        "FunctionName": Property(shape=Text(), replaces=True),
        "Handler": Property(shape=Text()),
        "Layers": Property(shape=ListOf(Text())),
        "LoggingConfig": Property(shape=Structure({name: Property(shape=Text()) for name in _LOGGING})),
        "MemorySize": Property(shape=Number()),
        "PackageType": Property(shape=Text(), replaces=True),
        "ReservedConcurrentExecutions": Property(shape=Number()),
        "Role": Property(shape=Text(), required=True),
        "Runtime": Property(shape=Text()),
        "Tags": TAGS,
        "Timeout": Property(shape=Number()),
        "TracingConfig": Property(shape=Structure({"Mode": Property(shape=Text())})),
    }
    attributes = frozenset({"Arn"})

    def create(self, call: ResourceCall, properties: Properties) -> Made:
        """Make a function with its code signing config; one of a generated name that is there was made by this step."""
        name = properties.get("FunctionName") or call.generated_name(_NAME_LENGTH)
        members = given(properties, *_SETTINGS, "Architectures", "CodeSigningConfigArn", "PackageType")
        make_named(
            call,
            "lambda",
            "CreateFunction",
            name=name,
            is_own="FunctionName" not in properties,
            taken="ResourceConflictException",
            FunctionName=name,
            Code=_package_of(properties),
            **tag_map("Tags", properties),
            **members,
        )
        _set_concurrency(call, name, {}, properties)
        return self._describe(call, name)

    def update(self, call: ResourceCall, physical_id: str, old: Properties, new: Properties) -> Made:
        """Change what differs: first the code signing config, by which all that comes after it is judged."""
        for member in _MANDATORY:
            if member in old and member not in new:
                raise HandlerFailed(
                    "Runtime and Handler are mandatory parameters for functions created with deployment packages."
                )
        _set_config(call, physical_id, old, new)
        settings = changed(old, new, {**_SETTINGS, "LoggingConfig": _default_logging(physical_id)})
        if settings:
            call.perform("lambda", "UpdateFunctionConfiguration", FunctionName=physical_id, **settings)
        code = _changed_code(old, new)
        if code:
            call.perform("lambda", "UpdateFunctionCode", FunctionName=physical_id, **code)
        _set_concurrency(call, physical_id, old, new)
        made = self._describe(call, physical_id)
        retag(call, made.attributes["Arn"], old, new)
        return made

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:  # noqa: ARG002 - as others
        """Delete the function with its versions and aliases."""
        with tolerating("ResourceNotFoundException"):
            call.perform("lambda", "DeleteFunction", FunctionName=physical_id)

    def _describe(self, call: ResourceCall, name: str) -> Made:
        found = call.perform("lambda", "GetFunction", FunctionName=name)
        return Made(physical_id=name, attributes={"Arn": found["Configuration"]["FunctionArn"]})


def _package_of(properties: Properties) -> dict[str, Any]:
    code = properties["Code"]
    if "ZipFile" not in code:
        return given(code, *_CODE)
    return {**given(code, *_CODE), "ZipFile": pack(code["ZipFile"], properties.get("Runtime") or "")}


def _changed_code(old: Properties, new: Properties) -> dict[str, Any]:
    """Answer the members that change the code; none where it stays, on the same architecture."""
    package = _package_of(new)
    architectures = changed(old, new, {"Architectures": ["x86_64"]})
    return {**package, **architectures} if architectures or package != _package_of(old) else {}


def _default_logging(name: str) -> dict[str, str]:
    return {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"}


def _set_config(call: ResourceCall, name: str, old: Properties, new: Properties) -> None:
    arn = new.get("CodeSigningConfigArn")
    if arn == old.get("CodeSigningConfigArn"):
        return
    if arn:
        call.perform("lambda", "PutFunctionCodeSigningConfig", FunctionName=name, CodeSigningConfigArn=arn)
    else:
        call.perform("lambda", "DeleteFunctionCodeSigningConfig", FunctionName=name)


def _set_concurrency(call: ResourceCall, name: str, old: Properties, new: Properties) -> None:
    reserved = new.get("ReservedConcurrentExecutions")
    if reserved == old.get("ReservedConcurrentExecutions"):
        return
    if reserved is None:
        call.perform("lambda", "DeleteFunctionConcurrency", FunctionName=name)
    else:
        call.perform("lambda", "PutFunctionConcurrency", FunctionName=name, ReservedConcurrentExecutions=reserved)
