"""The Lambda API that the modules beside this one bind their operations to; `lambda_` holds the bound whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sealgate.arn import bucket_arn, function_arn, layer_arn
from sealgate.aws.context import Call
from sealgate.aws.operation import Api
from sealgate.aws.permissions import Permission
from sealgate.aws.resources import parse_template
from sealgate.errors import SealgateError
from sealgate.services.functions.code_sources import CodeSource, StoredObject
from sealgate.services.functions.errors import SourceNotReadable
from sealgate.services.functions.names import parse_function_name
from sealgate.services.scope import Scope

lambda_ = Api("lambda")


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionResource:
    """The function that a call names, in whichever form, and of whichever account.

    Attributes:
        is_qualified: Authorisation asks about the version or alias that is named, if one is; else about the function.
        qualifier: The parameter that names it beside the function, or None.
    """

    is_qualified: bool = False
    qualifier: str | None = None

    @property
    def parameters(self) -> list[str]:
        """The parameters that name it."""
        return ["function_name"] if self.qualifier is None else ["function_name", self.qualifier]

    def render(self, values: Mapping[str, Any], *, region: str, account: str) -> str:
        """Answer the ARN; what names no function here is asked about as it was written, and refused later."""
        text = str(values["function_name"])
        qualifier = None if self.qualifier is None else values.get(self.qualifier)
        try:
            name = parse_function_name(text, Scope(account=account, region=region, caller_arn=""), qualifier=qualifier)
        except SealgateError:
            return text if text.startswith("arn:") else function_arn(region, account, text)
        return name.arn if self.is_qualified else name.unqualified_arn

    def __str__(self) -> str:
        named = "function:{function_name}"
        return named if self.qualifier is None else f"{named}:{{{self.qualifier}}}"


FUNCTION = FunctionResource()
NAMED = FunctionResource(is_qualified=True)
"""A function, or the version or alias that its name says."""
QUALIFIED = FunctionResource(is_qualified=True, qualifier="qualifier")
"""A function, or the version or alias that its name or the call's Qualifier says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerResource:
    """The layer that a call names, bare or by its ARN, or one version of it."""

    with_version: bool

    @property
    def parameters(self) -> list[str]:
        """The parameters that name it."""
        return ["layer_name", "version_number"] if self.with_version else ["layer_name"]

    def render(self, values: Mapping[str, Any], *, region: str, account: str) -> str:
        """Answer the ARN."""
        name = str(values["layer_name"])
        arn = name if name.startswith("arn:") else layer_arn(region, account, name)
        return f"{arn}:{values['version_number']}" if self.with_version else arn

    def __str__(self) -> str:
        return "layer:{layer_name}:{version_number}" if self.with_version else "layer:{layer_name}"


LAYER = LayerResource(with_version=False)
LAYER_VERSION = LayerResource(with_version=True)

ATTACH_CONFIG = tuple(
    Permission(
        action="lambda:PutFunctionCodeSigningConfig",
        resource=resource,
        when="code_signing_config_arn",
        keys={"lambda:codesigningconfigarn": "code_signing_config_arn"},
    )
    for resource in (FUNCTION, parse_template("lambda", "{code_signing_config_arn}"))
)
"""What attaching a config needs, on the function and on the config, by whichever operation it is done."""

PASS_ROLE = Permission(
    action="iam:PassRole",
    resource=parse_template("iam", "{role}"),
    when="role",
    fixed={"iam:passedtoservice": "lambda.amazonaws.com"},
)
GET_LAYERS = Permission(
    action="lambda:GetLayerVersion",
    resource=parse_template("lambda", None),
    when="layers",
    exempt="on each of `layers`, in the handling",
)
TAG_ON_CREATE = Permission(action="lambda:TagResource", resource=FUNCTION, when="tags", tags="tags")


_LISTING = {"NoSuchKey": "s3:ListBucket", "NoSuchVersion": "s3:ListBucketVersions"}
_DENIED = (
    "Your access has been denied by S3, please make sure your request credentials have permission to GetObject for {}. "
    "S3 Error Code: AccessDenied. S3 Error Message: "
)


def read_code(bucket: str, key: str, version: str) -> tuple[Permission, Permission]:
    """Answer what fetching a package with its caller's rights needs, from the members that name the package."""
    resource = parse_template("s3", f"{{{bucket}}}/{{{key}}}")
    denial = _DENIED.format(f"{{{bucket}}}/{{{key}}}")
    return (
        Permission(action="s3:GetObject", resource=resource, when=bucket, unless=version, denial=denial),
        Permission(action="s3:GetObjectVersion", resource=resource, when=version, denial=denial),
    )


@contextmanager
def told_to_listers(call: Call, source: CodeSource) -> Iterator[None]:
    """Tell only who may list a bucket that a package is not in it; everybody else is denied, as by S3.

    Raises:
        AccessDenied: In the place of SourceNotReadable.
    """
    try:
        yield
    except SourceNotReadable as error:
        action = _LISTING.get(error.code)
        if action is not None and isinstance(source, StoredObject):
            denial = _DENIED.format(f"{source.bucket}/{source.key}")
            call.demand(action, bucket_arn(call.region, source.bucket), denial=denial)
        raise


def demand_layers(call: Call, arns: Iterable[str]) -> None:
    """Go on only if the caller may get each layer version that a function shall have; of other accounts, too.

    (Lambda Developer Guide, "Layer access control".)

    Raises:
        AccessDenied: The caller may not get one.
    """
    for arn in arns:
        call.demand("lambda:GetLayerVersion", arn)
