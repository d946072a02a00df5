"""The managed policies that AWS offers everybody, as far as this server has them: read-only, the same in every account.

Texts: AWS Managed Policy Reference. Of the many that there are, these few mean something here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sealgate.arn import entity_arn
from sealgate.services.iam.names import find_entity_name
from sealgate.store.iam.policies import ManagedPolicy, PolicyVersion

AWS = "aws"
"""Who owns them, where an account's digits would stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsManaged:
    """One of them, with the version of it that counts."""

    policy: ManagedPolicy
    version: PolicyVersion


def find_aws_managed(arn: str) -> AwsManaged | None:
    """Answer the one of this ARN, in whichever partition; None where there is none here."""
    name = find_entity_name(arn)
    if name is None or name.account != AWS:
        return None
    found = _BY_NAME.get((name.kind, name.path, name.name))
    if found is None:
        return None
    return AwsManaged(policy=replace(found.policy, arn=arn), version=replace(found.version, policy_arn=arn))


def list_aws_managed(partition: str) -> list[ManagedPolicy]:
    """Answer them all, as one partition names them."""
    return [
        replace(each.policy, arn=entity_arn(partition, AWS, "policy", each.policy.path, each.policy.name))
        for each in _ALL
    ]


def _offered(
    name: str,
    policy_id: str,
    *,
    made: datetime,
    document: str,
    path: str = "/",
    changed: datetime | None = None,
    version: int = 1,
) -> AwsManaged:
    arn = entity_arn("aws", AWS, "policy", path, name)
    return AwsManaged(
        policy=ManagedPolicy(
            arn=arn,
            account=AWS,
            policy_id=policy_id,
            path=path,
            name=name,
            key=name.lower(),
            description=None,
            default_version=version,
            last_version=version,
            tags={},
            created_at=made,
            updated_at=changed or made,
        ),
        version=PolicyVersion(policy_arn=arn, number=version, document=document, created_at=changed or made),
    )


_ALL = (
    _offered(
        "AdministratorAccess",
        "ANPAIWMBCKSKIEE64ZLYK",
        made=datetime(2015, 2, 6, 18, 39, 46, tzinfo=UTC),
        document='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
    ),
    _offered(
        "PowerUserAccess",
        "ANPAJYRXTHIB4FOVS3ZXS",
        made=datetime(2015, 2, 6, 18, 39, 47, tzinfo=UTC),
        changed=datetime(2023, 7, 6, 22, 4, tzinfo=UTC),
        version=5,
        document='{"Version":"2012-10-17","Statement":['
        '{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},'
        '{"Effect":"Allow","Action":["iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles",'
        '"organizations:DescribeOrganization","account:ListRegions","account:GetAccountInformation"],"Resource":"*"}]}',
    ),
    _offered(
        "AWSLambdaBasicExecutionRole",
        "ANPAJNCQGXC42545SKXIK",
        path="/service-role/",
        made=datetime(2015, 4, 9, 15, 3, 43, tzinfo=UTC),
        document='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":'
        '["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}',
    ),
    _offered(
        "AWSLambdaExecute",
        "ANPAJE5FX7FQZSU5XAKGO",
        made=datetime(2015, 2, 6, 18, 40, 46, tzinfo=UTC),
        document='{"Version":"2012-10-17","Statement":['
        '{"Effect":"Allow","Action":["logs:*"],"Resource":"arn:aws:logs:*:*:*"},'
        '{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::*"}]}',
    ),
)
_BY_NAME = {("policy", each.policy.path, each.policy.name): each for each in _ALL}
