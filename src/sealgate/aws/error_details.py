"""What S3's error documents say beyond code and message, each in an element of its own.

Clients read it: boto3 follows a bucket to another region by `Region`. Source: recorded answers of S3, and the Amazon S3
API reference, "Error responses".
"""

from __future__ import annotations

from collections.abc import Mapping

from sealgate.errors import SealgateError
from sealgate.services.objects import errors as object_errors

Details = Mapping[str, str]

_ELEMENTS: Mapping[type[SealgateError], Mapping[str, str]] = {
    object_errors.BucketNotEmpty: {"BucketName": "bucket"},
    object_errors.BucketOwned: {"BucketName": "bucket"},
    object_errors.BucketTaken: {"BucketName": "bucket"},
    object_errors.ConditionFailed: {"Condition": "condition"},
    object_errors.InvalidArgument: {"ArgumentName": "name", "ArgumentValue": "value"},
    object_errors.InvalidBucketName: {"BucketName": "bucket"},
    object_errors.InvalidPart: {"PartNumber": "number", "ETag": "etag"},
    object_errors.InvalidPartNumber: {"PartNumberRequested": "number", "ActualPartCount": "count"},
    object_errors.KeyTooLong: {"Size": "size", "MaxSizeAllowed": "limit"},
    object_errors.MetadataTooLarge: {"Size": "size", "MaxSizeAllowed": "limit"},
    object_errors.NoSuchBucket: {"BucketName": "bucket"},
    object_errors.NoSuchBucketEncryption: {"BucketName": "bucket"},
    object_errors.NoSuchBucketPolicy: {"BucketName": "bucket"},
    object_errors.NoSuchKey: {"Key": "key"},
    object_errors.NoSuchPublicAccessBlock: {"BucketName": "bucket"},
    object_errors.NoSuchTagSet: {"BucketName": "bucket"},
    object_errors.NoSuchUpload: {"UploadId": "upload_id"},
    object_errors.NoSuchVersion: {"Key": "key", "VersionId": "version_id"},
    object_errors.ObjectTooLarge: {"ProposedSize": "size", "MaxSizeAllowed": "limit"},
    object_errors.PartTooSmall: {
        "ProposedSize": "size",
        "MinSizeAllowed": "minimum",
        "PartNumber": "number",
        "ETag": "etag",
    },
    object_errors.RangeNotSatisfiable: {"RangeRequested": "text", "ActualObjectSize": "size"},
    object_errors.WrongRegion: {"Region": "region"},
}
"""Kind -> element -> the kind's attribute."""


def details_of(error: SealgateError) -> Details:
    """Answer the elements that go with an error: name -> text; mostly none."""
    elements = _ELEMENTS.get(type(error), {})
    return {element: str(getattr(error, attribute)) for element, attribute in elements.items()}
