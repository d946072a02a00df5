"""The S3 API that the modules beside this one bind their operations to; `s3` holds the bound whole."""

from sealgate.aws.operation import Api

s3 = Api("s3")
