"""The policies of the two apps: each denial and what is allowed beside it, and the story that is told of them."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.session import Session

from tests.support.command_line import clean_environment
from tests.support.deployment import zip_of
from tests.support.lambda_client import OVERLAY
from tests.support.refusals import error_of
from tests.support.running import PYTHON
from tests.support.server import RunningServer, running_server
from two_apps_cast import APPS, BOUNDARY, BUCKET, POLICIES, ROLES, RUNNER, Role, read_policy

STORY = Path(__file__).parents[2] / "examples" / "two_apps.py"
ORDERS = {"FunctionName": "orders"}
NOT_GIVEN = "because no identity-based policy allows the {} action"
BOUND = "with an explicit deny in a permissions boundary"


def taught_session() -> Session:
    """Make a session whose clients know the members that the shipped overlay teaches."""
    session = Session()
    session.get_component("data_loader").search_paths.append(str(OVERLAY))
    return session


class Apps:
    """A server on which the root user has set up what the story sets up, and all roles.

    Attributes:
        versions: Of each app's built package.
        signed: The key of each app's signed package, once it is signed.
    """

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._session = boto3.Session(botocore_session=taught_session())
        self._iam, self._sts = server.client("iam"), server.client("sts")
        self._credentials: dict[str, Any] = {}
        self._clients: dict[tuple[str, str], Any] = {}
        self.account, self.region = server.credentials.account, server.credentials.region
        self.signed: dict[str, str] = {}
        self.versions = self._upload()
        self.places = {"account": self.account, "region": self.region, "bucket": BUCKET} | self._make_configs()
        boundary = self._iam.create_policy(PolicyName=BOUNDARY, PolicyDocument=read_policy(BOUNDARY, self.places))
        for role in ROLES:
            self._make_role(role, boundary["Policy"]["Arn"])

    def _upload(self) -> dict[str, str]:
        s3 = self._server.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        body = zip_of()
        return {app: s3.put_object(Bucket=BUCKET, Key=f"{app}/built/app.zip", Body=body)["VersionId"] for app in APPS}

    def _make_configs(self) -> dict[str, str]:
        signer, lambda_ = self._server.client("signer"), self._server.client("lambda")
        configs = {}
        for app in APPS:
            profile = signer.put_signing_profile(profileName=app, platformId="AWSLambda-SHA384-ECDSA")
            config = lambda_.create_code_signing_config(
                AllowedPublishers={"SigningProfileVersionArns": [profile["profileVersionArn"]]},
                CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"},
            )
            configs[f"{app}-config"] = config["CodeSigningConfig"]["CodeSigningConfigArn"]
        return configs

    def _make_role(self, role: Role, boundary: str) -> None:
        places = {**self.places, **role.places, "user": role.user}
        self._iam.create_user(UserName=role.user)
        self._credentials[role.user] = self._iam.create_access_key(UserName=role.user)["AccessKey"]
        self._iam.create_role(
            RoleName=role.name,
            AssumeRolePolicyDocument=read_policy("trust", places),
            PermissionsBoundary=boundary,
        )
        policy = read_policy(role.policy, places)
        self._iam.put_role_policy(RoleName=role.name, PolicyName=role.policy, PolicyDocument=policy)

    def assume(self, role: str, user: str, session: str) -> Any:
        """Let a user take a role; answer the credentials."""
        sts = self._connect("sts", self._credentials[user])
        arn = f"arn:aws:iam::{self.account}:role/{role}"
        return sts.assume_role(RoleArn=arn, RoleSessionName=session)["Credentials"]

    def client(self, role: str, service: str) -> Any:
        """Answer a client of a role, in the session of whom it is for."""
        if role not in self._credentials:
            user = next(each.user for each in ROLES if each.name == role)
            self._credentials[role] = self.assume(role, user, user)
        if (role, service) not in self._clients:
            self._clients[role, service] = self._connect(service, self._credentials[role])
        return self._clients[role, service]

    def _connect(self, service: str, credentials: Any) -> Any:
        """Make a client of somebody."""
        return self._session.client(
            service,
            endpoint_url=self._server.url,
            region_name=self.region,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials.get("SessionToken"),
        )

    def sign(self, role: str, app: str, *, profile: str | None = None, into: str | None = None) -> str:
        """Start to sign what an app built, under its profile and for its folder, or others; answer the job's id."""
        job = self.client(role, "signer").start_signing_job(
            profileName=profile or app,
            source={
                "s3": {"bucketName": BUCKET, "key": f"{app}/built/app.zip", "version": self.versions[app]},
            },
            destination={"s3": {"bucketName": BUCKET, "prefix": f"{into or profile or app}/signed/"}},
        )
        return str(job["jobId"])

    def sign_all(self) -> None:
        """Sign both apps, each by its own role."""
        for app in APPS:
            job = self.sign(f"{app}-signer", app)
            self.client(f"{app}-signer", "signer").get_waiter("successful_signing_job").wait(
                jobId=job, WaiterConfig={"Delay": 0.02}
            )
            self.signed[app] = f"{app}/signed/{job}.zip"

    def create(self, app: str, *, role: str = "deployer", **members: Any) -> Any:
        """Create an app's function from its signed package."""
        given = {
            "FunctionName": app,
            "Role": f"arn:aws:iam::{self.account}:role/{RUNNER}",
            "Runtime": PYTHON,
            "Handler": "app.handler",
            "Code": {"S3Bucket": BUCKET, "S3Key": self.signed[app]},
        }
        return self.client(role, "lambda").create_function(**given | members)

    def config(self, app: str) -> dict[str, str]:
        """Name an app's config, as requests do."""
        return {"CodeSigningConfigArn": self.places[f"{app}-config"]}


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apps]:
    """Both apps signed, and `orders` deployed."""
    with running_server(tmp_path_factory.mktemp("two-apps") / "data") as server:
        apps = Apps(server)
        apps.sign_all()
        apps.create("orders", **apps.config("orders"))
        yield apps


def put_config(apps: Apps, role: str, app: str) -> Any:
    return apps.client(role, "lambda").put_function_code_signing_config(**ORDERS, **apps.config(app))


def update_code(apps: Apps, role: str, app: str) -> Any:
    code = {"S3Bucket": BUCKET, "S3Key": apps.signed[app]}
    return apps.client(role, "lambda").update_function_code(**ORDERS, **code)


def update_settings(apps: Apps, role: str, **members: Any) -> Any:
    return apps.client(role, "lambda").update_function_configuration(**ORDERS, **members)


def detach(apps: Apps, role: str) -> Any:
    return apps.client(role, "lambda").delete_function_code_signing_config(**ORDERS)


def update_config(apps: Apps, role: str) -> Any:
    return apps.client(role, "lambda").update_code_signing_config(**apps.config("orders"), Description="d")


ALLOWED: dict[str, Callable[[Apps], Any]] = {
    "each signer signs its app": lambda apps: [apps.sign(f"{app}-signer", app) for app in APPS],
    "the deployer deploys what its app's signer signed": lambda apps: update_code(apps, "deployer", "orders"),
    "the deployer changes settings": lambda apps: update_settings(apps, "deployer", Description="d"),
    "the administrator changes a config": lambda apps: update_config(apps, "config-admin"),
    "the administrator makes a config": lambda apps: apps.client("config-admin", "lambda").create_code_signing_config(
        AllowedPublishers={"SigningProfileVersionArns": ["arn:aws:signer:us-east-1:111122223333:/signing-profiles/a"]}
    ),
    "the administrator attaches the function's own config": lambda apps: put_config(apps, "config-admin", "orders"),
}
DENIED: dict[str, tuple[Callable[[Apps], Any], str, str]] = {
    "a signer under the other app's profile": (
        lambda apps: apps.sign("orders-signer", "orders", profile="billing"),
        "signer:StartSigningJob",
        NOT_GIVEN,
    ),
    "a signer with the other app's code": (
        lambda apps: apps.sign("orders-signer", "billing", profile="orders"),
        "s3:GetObjectVersion",
        NOT_GIVEN,
    ),
    "a signer into the other app's folder": (
        lambda apps: apps.sign("orders-signer", "orders", into="billing"),
        "s3:PutObject",
        NOT_GIVEN,
    ),
    "a signer that deploys": (
        lambda apps: update_code(apps, "orders-signer", "orders"),
        "lambda:UpdateFunctionCode",
        NOT_GIVEN,
    ),
    "a signer that changes what is trusted": (
        lambda apps: update_config(apps, "orders-signer"),
        "lambda:UpdateCodeSigningConfig",
        NOT_GIVEN,
    ),
    "the deployer that signs": (
        lambda apps: apps.sign("deployer", "orders"),
        "signer:StartSigningJob",
        NOT_GIVEN,
    ),
    "the deployer that changes what is trusted": (
        lambda apps: update_config(apps, "deployer"),
        "lambda:UpdateCodeSigningConfig",
        NOT_GIVEN,
    ),
    "a function without config": (lambda apps: apps.create("billing"), "lambda:CreateFunction", BOUND),
    "a function with another app's config": (
        lambda apps: apps.create("billing", **apps.config("orders")),
        "lambda:CreateFunction",
        BOUND,
    ),
    "a function of another name": (
        lambda apps: apps.create("orders", FunctionName="other", **apps.config("orders")),
        "lambda:CreateFunction",
        NOT_GIVEN,
    ),
    "a function with another role": (
        lambda apps: apps.create(
            "billing", **apps.config("billing"), Role=f"arn:aws:iam::{apps.account}:role/orders-signer"
        ),
        "iam:PassRole",
        NOT_GIVEN,
    ),
    "the deployer that detaches": (
        lambda apps: detach(apps, "deployer"),
        "lambda:DeleteFunctionCodeSigningConfig",
        BOUND,
    ),
    "the administrator that detaches": (
        lambda apps: detach(apps, "config-admin"),
        "lambda:DeleteFunctionCodeSigningConfig",
        BOUND,
    ),
    "the administrator that attaches another": (
        lambda apps: put_config(apps, "config-admin", "billing"),
        "lambda:PutFunctionCodeSigningConfig",
        BOUND,
    ),
    "the deployer that attaches another with the settings": (
        lambda apps: update_settings(apps, "deployer", **apps.config("billing")),
        "lambda:PutFunctionCodeSigningConfig",
        BOUND,
    ),
    "the administrator that deploys": (
        lambda apps: update_code(apps, "config-admin", "orders"),
        "lambda:UpdateFunctionCode",
        NOT_GIVEN,
    ),
    "the administrator that signs": (
        lambda apps: apps.sign("config-admin", "orders"),
        "signer:StartSigningJob",
        NOT_GIVEN,
    ),
    "a role that gives itself rights": (
        lambda apps: apps.client("config-admin", "iam").delete_role_permissions_boundary(RoleName="config-admin"),
        "iam:DeleteRolePermissionsBoundary",
        NOT_GIVEN,
    ),
}


@pytest.mark.parametrize("what", ALLOWED)
def test_a_role_can_do_its_task(apps: Apps, what: str) -> None:
    ALLOWED[what](apps)


@pytest.mark.parametrize("what", DENIED)
def test_a_role_can_do_nothing_else(apps: Apps, what: str) -> None:
    call, action, because = DENIED[what]
    with pytest.raises(ClientError) as caught:
        call(apps)
    code, status, text = error_of(caught)
    assert (code.removesuffix("Exception"), status) == ("AccessDenied", 403)
    assert f"is not authorized to perform: {action} on" in text
    assert text.endswith(because.format(action))
    found = apps.client("config-admin", "lambda").get_function_code_signing_config(**ORDERS)
    assert found["CodeSigningConfigArn"] == apps.places["orders-config"]


def test_what_another_app_has_signed_is_refused(apps: Apps) -> None:
    with pytest.raises(ClientError) as caught:
        update_code(apps, "deployer", "billing")
    assert error_of(caught)[0] == "CodeVerificationFailedException"


@pytest.mark.parametrize(
    ("role", "user", "session"), [("billing-signer", "ann", "ann"), ("orders-signer", "ann", "ben")]
)
def test_a_role_is_for_one_person_under_its_own_name(apps: Apps, role: str, user: str, session: str) -> None:
    apps.assume("orders-signer", "ann", "ann")
    with pytest.raises(ClientError) as caught:
        apps.assume(role, user, session)
    assert error_of(caught)[0] == "AccessDenied"


def test_every_policy_is_explained_and_has_no_place_that_nobody_fills(apps: Apps) -> None:
    explained = (POLICIES / "README.md").read_text()
    for policy in POLICIES.glob("*.json"):
        if policy.stem != "runner-trust":
            assert f"[{policy.name}]({policy.name})" in explained
        filled = read_policy(policy.stem, {**apps.places, "app": "orders", "user": "ann"})
        assert json.loads(filled)
        assert not re.search(r"<[a-z-]+>", filled)


@pytest.mark.slow
def test_the_story_is_told_to_its_end() -> None:
    told = subprocess.run([sys.executable, STORY], env=clean_environment(), capture_output=True, text=True, check=False)

    assert told.returncode == 0, told.stdout + told.stderr
    assert "Every outcome was the expected one" in told.stdout
    assert not re.search(r"SecretAccessKey|aws_secret", told.stdout)
