"""Every service that is served, each with the functions bound to its operations."""

from __future__ import annotations

from sealgate.aws.api.cloudcontrol import cloudcontrol
from sealgate.aws.api.cloudformation import cloudformation
from sealgate.aws.api.cloudtrail import cloudtrail
from sealgate.aws.api.cloudwatch import cloudwatch
from sealgate.aws.api.iam import iam
from sealgate.aws.api.lambda_ import lambda_
from sealgate.aws.api.logs import logs
from sealgate.aws.api.s3 import s3
from sealgate.aws.api.signer import signer
from sealgate.aws.api.ssm import ssm
from sealgate.aws.api.sts import sts

APIS = (signer, lambda_, s3, iam, sts, cloudtrail, cloudwatch, logs, ssm, cloudformation, cloudcontrol)
