"""The ways in which an object store says no, beyond the families."""

from __future__ import annotations

from datetime import datetime

from sealgate.errors import Conflict, Denied, Invalid, NotFound, PreconditionFailed, SealgateError, TooLarge


class NoSuchBucket(NotFound):
    """There is no bucket of this name in the server."""

    def __init__(self, bucket: str) -> None:
        super().__init__("The specified bucket does not exist")
        self.bucket = bucket


class NoSuchKey(NotFound):
    """The key means nothing now.

    Attributes:
        delete_marker: The id of the delete marker that says so; None when the key was never written.
    """

    def __init__(self, key: str, *, delete_marker: str | None = None) -> None:
        super().__init__("The specified key does not exist.")
        self.key = key
        self.delete_marker = delete_marker


class NoSuchVersion(NotFound):
    """The key has no version of this id."""

    def __init__(self, key: str, version_id: str) -> None:
        super().__init__("The specified version does not exist.")
        self.key = key
        self.version_id = version_id


class NoSuchUpload(NotFound):
    """No multipart upload of this id is open for this key."""

    def __init__(self, upload_id: str) -> None:
        super().__init__(
            "The specified upload does not exist. The upload ID may be invalid, "
            "or the upload may have been aborted or completed."
        )
        self.upload_id = upload_id


class BucketDenied(Denied):
    """The bucket belongs to another account than the caller expects."""

    def __init__(self) -> None:
        super().__init__("Access Denied")


class NotBucketOwner(Denied):
    """What only the bucket's own account may do, whatever its policy says."""

    def __init__(self) -> None:
        super().__init__("The specified method is not allowed against this resource.")


class NoSuchBucketPolicy(NotFound):
    """The bucket has no policy."""

    def __init__(self, bucket: str) -> None:
        super().__init__("The bucket policy does not exist")
        self.bucket = bucket


class NoSuchTagSet(NotFound):
    """The bucket has no tags."""

    def __init__(self, bucket: str) -> None:
        super().__init__("The TagSet does not exist")
        self.bucket = bucket


class NoSuchBucketEncryption(NotFound):
    """No encryption was asked for."""

    def __init__(self, bucket: str) -> None:
        super().__init__(
            "The server side encryption configuration was not found",
            reason="ServerSideEncryptionConfigurationNotFoundError",
        )
        self.bucket = bucket


class NoSuchPublicAccessBlock(NotFound):
    """Nothing was said about public access."""

    def __init__(self, bucket: str) -> None:
        super().__init__(
            "The public access block configuration was not found", reason="NoSuchPublicAccessBlockConfiguration"
        )
        self.bucket = bucket


class PublicPolicyBlocked(Denied):
    """The policy would give something to everyone, and the bucket's settings forbid that."""

    def __init__(self, caller: str, bucket: str) -> None:
        super().__init__(
            f'User: {caller} is not authorized to perform: s3:PutBucketPolicy on resource: "{bucket}" because public '
            "policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access."
        )


class WrongRegion(Invalid):
    """The bucket is in another region than the one the call was signed for."""

    def __init__(self, *, signed: str, region: str) -> None:
        super().__init__(f"The authorization header is malformed; the region '{signed}' is wrong; expecting '{region}'")
        self.region = region


class BucketTaken(Conflict):
    """Another account has a bucket of this name."""

    def __init__(self, bucket: str) -> None:
        super().__init__(
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system. "
            "Please select a different name and try again."
        )
        self.bucket = bucket


class BucketOwned(Conflict):
    """The caller has a bucket of this name already."""

    def __init__(self, bucket: str) -> None:
        super().__init__("Your previous request to create the named bucket succeeded and you already own it.")
        self.bucket = bucket


class BucketNotEmpty(Conflict):
    """Versions or delete markers are left in the bucket."""

    def __init__(self, bucket: str) -> None:
        super().__init__("The bucket you tried to delete is not empty. You must delete all versions in the bucket.")
        self.bucket = bucket


class InvalidBucketName(Invalid):
    """The name breaks a naming rule."""

    def __init__(self, bucket: str) -> None:
        super().__init__("The specified bucket is not valid.")
        self.bucket = bucket


class InvalidLocation(Invalid):
    """There is no such place to make a bucket in."""


class IncompatibleLocation(Invalid):
    """The place asked for is not the one the call was signed for."""


class KeyTooLong(TooLarge):
    """The key has more bytes than a key may have."""

    def __init__(self, *, size: int, limit: int) -> None:
        super().__init__("Your key is too long")
        self.size = size
        self.limit = limit


class MetadataTooLarge(TooLarge):
    """The user metadata have more bytes than they may have."""

    def __init__(self, *, size: int, limit: int) -> None:
        super().__init__("Your metadata headers exceed the maximum allowed metadata size")
        self.size = size
        self.limit = limit


class ObjectTooLarge(TooLarge):
    """The content has more bytes than one upload may have."""

    def __init__(self, *, size: int, limit: int) -> None:
        super().__init__("Your proposed upload exceeds the maximum allowed size")
        self.size = size
        self.limit = limit


class InvalidTag(Invalid):
    """A tag breaks a rule."""


class TooManyTags(Invalid):
    """An object has at most ten tags."""

    def __init__(self) -> None:
        super().__init__("Object tags cannot be greater than 10")


class InvalidArgument(Invalid):
    """A value cannot be used.

    Attributes:
        name: The argument, as its caller calls it.
        value: What was given.
    """

    def __init__(self, message: str, *, name: str, value: str) -> None:
        super().__init__(message)
        self.name = name
        self.value = value


class InvalidRequest(Invalid):
    """The parts of the request do not go together."""


class MalformedRequest(Invalid):
    """The document does not say what it has to say."""

    def __init__(self) -> None:
        super().__init__("The XML you provided was not well-formed or did not validate against our published schema")


class ContentMismatch(Invalid):
    """The content is not the one that its uploader announced."""


class IsDeleteMarker(Conflict):
    """The version named is a delete marker, which has no content, no attributes and no tags."""

    def __init__(self, version_id: str, *, modified_at: datetime) -> None:
        super().__init__("The specified method is not allowed against this resource.")
        self.version_id = version_id
        self.modified_at = modified_at


class ConditionFailed(PreconditionFailed):
    """A condition that the caller set does not hold.

    Attributes:
        condition: Which one, as its caller calls it.
    """

    def __init__(self, condition: str) -> None:
        super().__init__("At least one of the pre-conditions you specified did not hold")
        self.condition = condition


class NotModified(SealgateError):
    """The caller has this content already: not an error to the caller, but an answer without content."""

    def __init__(self, *, etag: str, modified_at: datetime, version_id: str | None) -> None:
        super().__init__("Not Modified")
        self.etag = etag
        self.modified_at = modified_at
        self.version_id = version_id


class RangeNotSatisfiable(Invalid):
    """No byte of the content is in the range."""

    def __init__(self, text: str, *, size: int) -> None:
        super().__init__("The requested range is not satisfiable")
        self.text = text
        self.size = size


class InvalidPartNumber(Invalid):
    """The object has not that many parts."""

    def __init__(self, number: int, *, count: int) -> None:
        super().__init__("The requested partnumber is not satisfiable")
        self.number = number
        self.count = count


class InvalidPart(Invalid):
    """A part named at the end of an upload is not there, or is another one."""

    def __init__(self, *, number: int, etag: str) -> None:
        super().__init__(
            "One or more of the specified parts could not be found. The part may not have been uploaded, "
            "or the specified entity tag may not match the part's entity tag."
        )
        self.number = number
        self.etag = etag


class InvalidPartOrder(Invalid):
    """The parts are not named in ascending order."""

    def __init__(self) -> None:
        super().__init__(
            "The list of parts was not in ascending order. The parts list must be specified in order by part number."
        )


class PartTooSmall(Invalid):
    """A part other than the last is below the least size."""

    def __init__(self, *, number: int, etag: str, size: int, minimum: int) -> None:
        super().__init__("Your proposed upload is smaller than the minimum allowed size")
        self.number = number
        self.etag = etag
        self.size = size
        self.minimum = minimum
