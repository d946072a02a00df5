"""S3's use cases: buckets, objects, their versions, listings and uploads."""
