"""The main job through boto3: sign, gate, deploy; and everything that is not let in."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.deployment import zip_of
from tests.support.lambda_client import LambdaClient, refusal, running_lambda

NOT_ACCEPTED = (
    "Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not "
    "configured to accept. Check the provided signature for {}."
)
NOT_PROPERLY_SIGNED = (
    "Lambda cannot deploy the function. The function or layer code is not properly signed. This can mean that the code "
    "was signed incorrectly or modified after it was signed. Check the provided signature for {}."
)
BUCKET = "lambda-signing"


@pytest.fixture(scope="module")
def lambda_(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LambdaClient]:
    with running_lambda(tmp_path_factory.mktemp("server") / "data") as client:
        yield client


class Signer:
    """A bucket and signing profiles of one server."""

    def __init__(self, lambda_: LambdaClient) -> None:
        self.lambda_ = lambda_
        self.s3 = lambda_.server.client("s3")
        self.signer = lambda_.server.client("signer")
        self._profiles: dict[str, str] = {}
        self.s3.create_bucket(Bucket=BUCKET)
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})

    def profile(self, name: str) -> str:
        """Make a profile where it is not there yet; answer the ARN of its version."""
        if name not in self._profiles:
            made = self.signer.put_signing_profile(profileName=name, platformId="AWSLambda-SHA384-ECDSA")
            self._profiles[name] = made["profileVersionArn"]
        return self._profiles[name]

    def sign(self, data: bytes, profile: str = "app") -> tuple[str, str]:
        """Sign a package; answer the key of the signed one, and the job's id."""
        self.profile(profile)
        version = self.s3.put_object(Bucket=BUCKET, Key="app.zip", Body=data)["VersionId"]
        job = self.signer.start_signing_job(
            source={"s3": {"bucketName": BUCKET, "key": "app.zip", "version": version}},
            destination={"s3": {"bucketName": BUCKET, "prefix": "signed/"}},
            profileName=profile,
        )["jobId"]
        at_once = {"Delay": 0, "MaxAttempts": 2000}
        self.signer.get_waiter("successful_signing_job").wait(jobId=job, WaiterConfig=at_once)
        return str(self.signer.describe_signing_job(jobId=job)["signedObject"]["s3"]["key"]), job

    def read(self, key: str) -> bytes:
        return bytes(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def config(self, policy: str, *profiles: str) -> str:
        """Make a code signing config; answer its ARN."""
        config = self.lambda_.client.create_code_signing_config(
            AllowedPublishers={"SigningProfileVersionArns": [self.profile(name) for name in profiles or ("app",)]},
            CodeSigningPolicies={"UntrustedArtifactOnDeployment": policy},
        )["CodeSigningConfig"]
        return str(config["CodeSigningConfigArn"])


@pytest.fixture(scope="module")
def signer(lambda_: LambdaClient) -> Signer:
    return Signer(lambda_)


def test_a_signed_package_is_let_in_from_bucket_and_request_and_shows_who_signed_it(
    lambda_: LambdaClient, signer: Signer
) -> None:
    key, job = signer.sign(zip_of())
    created = lambda_.create(
        Code={"S3Bucket": BUCKET, "S3Key": key}, CodeSigningConfigArn=signer.config("Enforce", "app")
    )
    assert created["SigningProfileVersionArn"] == signer.profile("app")
    assert created["SigningJobArn"].endswith(f":/signing-jobs/{job}")
    name = created["FunctionName"]
    updated = lambda_.client.update_function_code(FunctionName=name, ZipFile=signer.read(key))
    assert updated["SigningJobArn"] == created["SigningJobArn"]
    assert updated["CodeSha256"] == created["CodeSha256"]
    listed = lambda_.client.get_function(FunctionName=name)["Configuration"]
    assert listed["SigningProfileVersionArn"] == signer.profile("app")


def altered(signer: Signer) -> bytes:
    key, _ = signer.sign(zip_of())
    data = bytearray(signer.read(key))
    data[40] ^= 1
    return bytes(data)


def unsigned(_: Signer) -> bytes:
    return zip_of({"unsigned.py": b""})


def swapped(signer: Signer) -> bytes:
    """Another package's signature: the files of one, everything behind them of another."""
    first, second = (signer.read(signer.sign(zip_of({"app.py": body}))[0]) for body in (b"a = 1\n", b"a = 2\n"))
    place = first.index(b"META_INF/") - 30
    return first[:place] + second[place:]


def foreign(signer: Signer) -> bytes:
    return signer.read(signer.sign(zip_of(), profile="stranger")[0])


def revoked(signer: Signer) -> bytes:
    key, job = signer.sign(zip_of())
    signer.signer.revoke_signature(jobId=job, reason="withdrawn")
    return signer.read(key)


def by_a_revoked_profile(signer: Signer) -> bytes:
    """A package whose profile was revoked from before its signing on; the config of the test does allow it."""
    key, _ = signer.sign(zip_of(), profile="lost")
    version = signer.signer.get_signing_profile(profileName="lost")["profileVersion"]
    since = datetime.now(UTC) - timedelta(hours=1)
    signer.signer.revoke_signing_profile(profileName="lost", profileVersion=version, reason="lost", effectiveTime=since)
    return signer.read(key)


@pytest.mark.parametrize(
    ("make", "policy", "said"),
    [
        (altered, "Enforce", NOT_PROPERLY_SIGNED),
        (altered, "Warn", NOT_PROPERLY_SIGNED),
        (swapped, "Warn", NOT_PROPERLY_SIGNED),
        (unsigned, "Enforce", NOT_ACCEPTED),
        (foreign, "Enforce", NOT_ACCEPTED),
        (revoked, "Enforce", NOT_ACCEPTED),
        (by_a_revoked_profile, "Enforce", NOT_ACCEPTED),
    ],
)
def test_what_is_not_let_in_is_refused_in_awss_words_and_the_old_code_stays(
    lambda_: LambdaClient, signer: Signer, make: Callable[[Signer], bytes], policy: str, said: str
) -> None:
    config = signer.config(policy, "app", "lost")
    data = make(signer)
    failed = lambda_.client.exceptions.CodeVerificationFailedException
    with pytest.raises(failed) as on_create:
        lambda_.create(FunctionName="never-made", Code={"ZipFile": data}, CodeSigningConfigArn=config)
    assert refusal(on_create)[1] == said.format("never-made")
    assert on_create.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    name = lambda_.create_function()
    lambda_.client.put_function_code_signing_config(FunctionName=name, CodeSigningConfigArn=config)
    before = lambda_.client.get_function_configuration(FunctionName=name)
    for dry_run in (False, True):
        with pytest.raises(failed) as on_update:
            lambda_.client.update_function_code(FunctionName=name, ZipFile=data, DryRun=dry_run)
        assert refusal(on_update)[1] == said.format(lambda_.arn_of(name))
        assert on_update.value.response["Type"] == "User"
    after = lambda_.client.get_function_configuration(FunctionName=name)
    assert (after["CodeSha256"], after["RevisionId"]) == (before["CodeSha256"], before["RevisionId"])


@pytest.mark.parametrize(("make", "shows"), [(unsigned, False), (foreign, True), (revoked, True)])
def test_a_warning_lets_in(
    lambda_: LambdaClient, signer: Signer, make: Callable[[Signer], bytes], *, shows: bool
) -> None:
    name = lambda_.create_function(CodeSigningConfigArn=signer.config("Warn"))
    answer = lambda_.client.update_function_code(FunctionName=name, ZipFile=make(signer))
    assert ("SigningJobArn" in answer, "SigningProfileVersionArn" in answer) == (shows, shows)
    cleared = lambda_.client.update_function_code(FunctionName=name, ZipFile=unsigned(signer))
    assert "SigningJobArn" not in cleared
