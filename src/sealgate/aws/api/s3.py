"""The S3 API, with every operation that is bound. What is not bound answers NotImplemented."""

from sealgate.aws.api import s3_buckets, s3_listings, s3_multipart, s3_objects, s3_policies, s3_settings, s3_tags
from sealgate.aws.api.s3_service import s3

__all__ = ["s3", "s3_buckets", "s3_listings", "s3_multipart", "s3_objects", "s3_policies", "s3_settings", "s3_tags"]
