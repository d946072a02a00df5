"""S3's operations, bound: buckets, listings, objects, uploads in parts. What is not bound answers NotImplemented."""

from sealgate.aws.api import s3_buckets, s3_listings, s3_multipart, s3_objects, s3_tags
from sealgate.aws.api.s3_service import s3

__all__ = ["s3", "s3_buckets", "s3_listings", "s3_multipart", "s3_objects", "s3_tags"]
