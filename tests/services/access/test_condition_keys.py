"""What docs/OPERATIONS.md says of condition keys is what the door answers."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import pytest

from sealgate.arn import parse_arn
from sealgate.aws.apis import APIS
from sealgate.config import Config
from sealgate.server.house import open_house
from sealgate.services.access.catalogue import Catalogue
from sealgate.services.access.condition_keys import OF_EVERY_CALL, RESOURCE_KINDS, find_resource_kind
from sealgate.services.access.door import request_context
from sealgate.services.access.entry import Entry, Principal
from sealgate.services.iam.rights import Rights
from tests.support.cloud import Cloud, open_cloud
from tests.support.deployment import zip_of
from tests.support.iam import allowing, principal_of, trusting
from tests.support.running import PYTHON

NOW = datetime(2026, 11, 26, tzinfo=UTC)
TAGS = {"team": "red"}
PAIRS = [{"Key": "team", "Value": "red"}]
RESOURCES = (
    ("signer:GetSigningProfile", "arn:aws:signer:us-east-1:{account}:/signing-profiles/app"),
    ("signer:DescribeSigningJob", "arn:aws:signer:us-east-1:{account}:/signing-jobs/{job}"),
    ("lambda:GetFunction", "arn:aws:lambda:us-east-1:{account}:function:app"),
    ("lambda:GetLayerVersion", "arn:aws:lambda:us-east-1:{account}:layer:base:1"),
    ("lambda:GetCodeSigningConfig", "arn:aws:lambda:us-east-1:{account}:code-signing-config:{config}"),
    ("s3:ListBucket", "arn:aws:s3:::{account}"),
    ("iam:GetUser", "arn:aws:iam::{account}:user/ann"),
    ("iam:GetRole", "arn:aws:iam::{account}:role/runner"),
    ("iam:DeletePolicy", "arn:aws:iam::{account}:policy/path/own"),
    ("logs:DeleteLogGroup", "arn:aws:logs:us-east-1:{account}:log-group:/app/a:log-stream:"),
    ("ssm:GetParameter", "arn:aws:ssm:us-east-1:{account}:parameter/app"),
    ("cloudformation:DeleteStack", "arn:aws:cloudformation:us-east-1:{account}:stack/app/*"),
)
ENTRY = Entry(
    request_id="1",
    source_ip="127.0.0.1",
    principal=Principal(account="", arn="", user_id="", access_key_id=""),
    wanted=(),
    now=NOW,
    region="us-east-1",
    user_agent="client",
)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    house = open_house(Config(data=tmp_path_factory.mktemp("house") / "data"))
    cloud = open_cloud(house, APIS)
    yield cloud
    cloud.root.close()
    house.running.hosting.close()
    house.running.runner.close()
    house.trail.filing.close()
    house.db.close()


@pytest.fixture(scope="module")
def names(cloud: Cloud) -> dict[str, str]:
    """One of each kind, with tags; answers what the rows have in braces."""
    signer, functions, s3 = cloud.client("signer"), cloud.client("lambda"), cloud.client("s3")
    iam, stacks = cloud.client("iam"), cloud.client("cloudformation")
    profile = signer.put_signing_profile(profileName="app", platformId="AWSLambda-SHA384-ECDSA", tags=TAGS)
    s3.create_bucket(Bucket=cloud.account)
    s3.put_bucket_versioning(Bucket=cloud.account, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=cloud.account, Key="a.zip", Body=zip_of(), Tagging="team=red")["VersionId"]
    job = signer.start_signing_job(
        source={"s3": {"bucketName": cloud.account, "key": "a.zip", "version": version}},
        destination={"s3": {"bucketName": cloud.account}},
        profileName="app",
    )
    publishers = {"SigningProfileVersionArns": [profile["profileVersionArn"]]}
    config = functions.create_code_signing_config(AllowedPublishers=publishers, Tags=TAGS)["CodeSigningConfig"]
    role = cloud.role("runner", trusting(f"arn:aws:iam::{cloud.account}:root"), Tags=PAIRS)
    code = {"ZipFile": zip_of()}
    functions.create_function(
        FunctionName="app", Role=f"{role}-none", Runtime=PYTHON, Handler="app.handler", Code=code, Tags=TAGS
    )
    functions.publish_layer_version(LayerName="base", Content=code)
    iam.create_user(UserName="ann", Tags=PAIRS)
    iam.create_policy(PolicyName="own", Path="/path/", PolicyDocument=allowing("s3:GetObject"), Tags=PAIRS)
    cloud.client("logs").create_log_group(logGroupName="/app/a", tags=TAGS)
    cloud.client("ssm").put_parameter(Name="app", Type="String", Value="1", Tags=PAIRS)
    template = '{"Resources": {"Group": {"Type": "AWS::Logs::LogGroup"}}}'
    stacks.create_stack(StackName="app", TemplateBody=template, Tags=PAIRS)
    return {"account": cloud.account, "job": job["jobId"], "config": config["CodeSigningConfigId"]}


def bare(context: Iterable[str]) -> set[str]:
    """Keys without the tags' own."""
    return {key.partition("/")[0] for key in context}


@pytest.mark.parametrize(("action", "arn"), RESOURCES, ids=[action for action, _ in RESOURCES])
def test_a_resource_answers_the_keys_of_its_kind(cloud: Cloud, names: dict[str, str], action: str, arn: str) -> None:
    resource = arn.format(**names)
    facts = Catalogue(db=cloud.house.db).find(resource, action=action)
    kind = find_resource_kind(action, parse_arn(resource).resource)
    assert facts is not None
    assert kind is not None
    assert bare(facts.context) == set(kind.keys)


def test_objects_answer_their_tags_and_their_buckets_keys(cloud: Cloud, names: dict[str, str]) -> None:
    catalogue, arn = Catalogue(db=cloud.house.db), f"arn:aws:s3:::{names['account']}/a.zip"
    facts = catalogue.find(arn, action="s3:GetObject")
    kind = find_resource_kind("s3:GetObject", parse_arn(arn).resource)
    assert facts is not None
    assert kind is not None
    assert bare({**facts.context, **catalogue.find_object_tags(arn, None)}) == set(kind.keys)


def test_every_kind_that_answers_something_is_tested() -> None:
    tested = [find_resource_kind(action, arn.split(":", 5)[-1]) for action, arn in RESOURCES]
    known_elsewhere = {"sts"}  # its roles' trust policies are asked by sessions
    kinds = [each for each in RESOURCE_KINDS if each.keys and each.service not in known_elsewhere]
    assert [each.pattern.pattern for each in kinds if each not in tested] == [r".+/.+|\{copy_source\}"]


def test_every_call_answers_what_it_and_its_caller_have(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    user = cloud.user("caller", allowing("sts:*"))
    iam.tag_user(UserName="caller", Tags=PAIRS)
    trust = trusting(f"arn:aws:iam::{cloud.account}:user/caller", "sts:AssumeRole", "sts:SetSourceIdentity")
    role = cloud.role("assumed", trust)
    asked = {"RoleArn": role, "RoleSessionName": "session", "SourceIdentity": "ann"}
    session = cloud.become(user.client("sts").assume_role(**asked)["Credentials"])
    rights = Rights(db=cloud.house.db)
    callers = [rights.of(principal_of(caller.key)).context for caller in (user, session)]
    assert bare({*request_context(ENTRY), *callers[0], *callers[1]}) == set(OF_EVERY_CALL)
