"""AWS's own service models, as botocore ships them, with this server's few additions.

They are read from botocore's own folder and nowhere else: neither `~/.aws/models` nor AWS_DATA_PATH can change what
the server accepts.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.loaders import ExtrasProcessor, Loader
from botocore.model import OperationModel, ServiceModel, Shape

from sealgate.aws.relaxations import added_members

__all__ = ["OperationModel", "ServiceModel", "Shape", "find_payload", "find_stream", "load_model"]

_OWN_OPERATIONS: Mapping[str, Mapping[str, Any]] = {
    "lambda": {
        "operations": {
            # What GetFunction's Code.Location links to; AWS links to a bucket of its own.
            "DownloadFunctionCode": {
                "name": "DownloadFunctionCode",
                "http": {"method": "GET", "requestUri": "/_sealgate/code/{FunctionName}/{CodeSha256}"},
                "input": {"shape": "DownloadFunctionCodeRequest"},
                "output": {"shape": "DownloadFunctionCodeResponse"},
                "documentation": "Answers the package of a function, whose SHA-256 in hexadecimal digits is named.",
            },
            # What GetLayerVersion's Content.Location links to.
            "DownloadLayerVersion": {
                "name": "DownloadLayerVersion",
                "http": {"method": "GET", "requestUri": "/_sealgate/layers/{Arn}/{CodeSha256}"},
                "input": {"shape": "DownloadLayerVersionRequest"},
                "output": {"shape": "DownloadFunctionCodeResponse"},
                "documentation": "Answers the package of a layer version, whose SHA-256 in hexadecimal is named.",
            },
        },
        "shapes": {
            "DownloadFunctionCodeRequest": {
                "type": "structure",
                "required": ["FunctionName", "CodeSha256"],
                "members": {
                    "FunctionName": {"shape": "FunctionName", "location": "uri", "locationName": "FunctionName"},
                    "CodeSha256": {"shape": "HexSha256", "location": "uri", "locationName": "CodeSha256"},
                },
            },
            "DownloadLayerVersionRequest": {
                "type": "structure",
                "required": ["Arn", "CodeSha256"],
                "members": {
                    "Arn": {"shape": "LayerVersionArn", "location": "uri", "locationName": "Arn"},
                    "CodeSha256": {"shape": "HexSha256", "location": "uri", "locationName": "CodeSha256"},
                },
            },
            "DownloadFunctionCodeResponse": {
                "type": "structure",
                "members": {
                    "Body": {"shape": "BlobStream"},
                    "ContentType": {"shape": "String", "location": "header", "locationName": "Content-Type"},
                },
                "payload": "Body",
            },
            "HexSha256": {"type": "string", "min": 64, "max": 64, "pattern": "[0-9a-f]{64}"},
        },
    }
}
"""Operations that AWS does not have, described as AWS describes its own, so that one path serves both."""


def find_payload(model: OperationModel) -> str | None:
    """Answer the input member that is the whole body of a request; None where the body is a document of members."""
    return None if model.input_shape is None else model.input_shape.serialization.get("payload")


def find_stream(model: OperationModel) -> str | None:
    """Answer the input member that is the whole body and too large to be held in memory, as an object's is."""
    payload = find_payload(model)
    is_stream = payload is not None and model.input_shape.members[payload].serialization.get("streaming")
    return payload if is_stream else None


@cache
def load_model(service: str) -> ServiceModel:
    """Load one service model by its folder name in botocore (`signer-data`), with our additions merged in.

    Raises:
        botocore.exceptions.UnknownServiceError: There is no such model; a defect.
    """
    loader = Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
    description = loader.load_service_model(service, "service-2")
    shapes = {
        structure: {"members": {member: {"shape": shape} for member, shape in members.items()}}
        for structure, members in added_members(service).items()
    }
    extras = [{"merge": {"shapes": shapes}}, {"merge": _OWN_OPERATIONS.get(service, {})}]
    ExtrasProcessor().process(description, extras)
    return ServiceModel(description, service_name=service)
