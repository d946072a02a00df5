"""Layers through boto3 on the application without a socket."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sealgate.aws.api.iam import iam as iam_api
from sealgate.aws.api.lambda_ import lambda_ as lambda_api
from sealgate.aws.api.s3 import s3 as s3_api
from sealgate.aws.api.signer import signer as signer_api
from sealgate.server.house import House
from tests.support.cloud import Cloud, open_cloud
from tests.support.deployment import zip_of
from tests.support.iam import allowing
from tests.support.in_process import InProcess
from tests.support.refusals import error_of
from tests.support.running import PYTHON

LIBRARY = zip_of({"python/library.py": b"answer = 42\n"})
UNKNOWN = "The resource you requested does not exist."
BELOW_ONE = ("InvalidParameterValueException", 400, "Layer Version Cannot be less than 1")


@pytest.fixture
def cloud(house: House) -> Iterator[Cloud]:
    cloud = open_cloud(house, (iam_api, s3_api, signer_api, lambda_api))
    yield cloud
    cloud.root.close()


@pytest.fixture
def client(cloud: Cloud) -> Any:
    return cloud.client("lambda")


def publish(client: Any, name: str = "library", data: bytes = LIBRARY, **members: Any) -> Any:
    return client.publish_layer_version(LayerName=name, Content={"ZipFile": data}, **members)


def without_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def arn_of(cloud: Cloud, name: str = "library", version: int | None = 1) -> str:
    arn = f"arn:aws:lambda:us-east-1:{cloud.account}:layer:{name}"
    return arn if version is None else f"{arn}:{version}"


def sign(cloud: Cloud, data: bytes = LIBRARY) -> tuple[bytes, str, str]:
    """Sign a package; answer the signed one, the ARN of the profile version, and the job's."""
    s3, signer, bucket = cloud.client("s3"), cloud.client("signer"), f"layers-{cloud.account}"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key="layer.zip", Body=data)["VersionId"]
    profile = signer.put_signing_profile(profileName="layers", platformId="AWSLambda-SHA384-ECDSA")
    job = signer.start_signing_job(
        source={"s3": {"bucketName": bucket, "key": "layer.zip", "version": version}},
        destination={"s3": {"bucketName": bucket, "prefix": "signed/"}},
        profileName="layers",
    )["jobId"]
    while cloud.house.worker.run_one():
        pass
    signed = s3.get_object(Bucket=bucket, Key=f"signed/{job}.zip")["Body"].read()
    job_arn = f"arn:aws:signer:us-east-1:{cloud.account}:/signing-jobs/{job}"
    return signed, profile["profileVersionArn"], job_arn


def retimed(signed: bytes) -> bytes:
    """Give the first entry of a signed package another time: nothing but the seal minds."""
    data = bytearray(signed)
    for place in (10, signed.index(b"PK\1\2") + 12):
        data[place] ^= 2
    return bytes(data)


class TestPublishing:
    def test_a_new_version_is_answered_as_by_aws(self, cloud: Cloud, client: Any) -> None:
        answer = publish(client)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", answer.pop("CreatedDate"))
        assert answer["Content"].pop("Location").startswith("http://")
        assert without_metadata(answer) == {
            "LayerArn": arn_of(cloud, version=None),
            "LayerVersionArn": arn_of(cloud),
            "Version": 1,
            "Description": "",
            "Content": {
                "CodeSha256": base64.b64encode(hashlib.sha256(LIBRARY).digest()).decode(),
                "CodeSize": len(LIBRARY),
            },
        }

    def test_what_is_told_of_a_version_is_told_again(self, client: Any) -> None:
        given: dict[str, Any] = {
            "Description": "for all",
            "CompatibleRuntimes": ["python3.13", "provided.al2023"],
            "CompatibleArchitectures": ["x86_64", "arm64"],
            "LicenseInfo": "MIT",
        }
        publish(client, **given)
        answer = client.get_layer_version(LayerName="library", VersionNumber=1)
        assert {name: answer[name] for name in given} == given

    def test_lists_that_were_given_empty_are_answered_empty(self, client: Any) -> None:
        answer = publish(client, CompatibleRuntimes=[], CompatibleArchitectures=[])
        assert (answer["CompatibleRuntimes"], answer["CompatibleArchitectures"]) == ([], [])

    def test_a_package_in_a_bucket_is_taken_in_the_version_that_is_named(self, cloud: Cloud, client: Any) -> None:
        s3, bucket = cloud.client("s3"), f"packages-{cloud.account}"
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        first = s3.put_object(Bucket=bucket, Key="layer.zip", Body=LIBRARY)["VersionId"]
        s3.put_object(Bucket=bucket, Key="layer.zip", Body=zip_of())
        content = {"S3Bucket": bucket, "S3Key": "layer.zip", "S3ObjectVersion": first}
        answer = client.publish_layer_version(LayerName="library", Content=content)
        assert answer["Content"]["CodeSize"] == len(LIBRARY)
        user = cloud.user("publisher", allowing("lambda:*"))
        with pytest.raises(ClientError) as denied:
            user.client("lambda").publish_layer_version(LayerName="library", Content=content)
        code, status, text = error_of(denied)
        assert (code, status) == ("AccessDeniedException", 403)
        assert "not authorized to perform: s3:GetObjectVersion" in text

    def test_a_signature_shows_exactly_where_it_verifies(self, cloud: Cloud, client: Any) -> None:
        signed, profile_version, job = sign(cloud)
        shown = {"SigningProfileVersionArn": profile_version, "SigningJobArn": job}
        for data, expected in ((LIBRARY, {}), (signed, shown), (retimed(signed), {})):
            content = publish(client, data=data)["Content"]
            assert {name: content[name] for name in shown if name in content} == expected
        again = client.get_layer_version(LayerName="library", VersionNumber=2)["Content"]
        assert {name: again[name] for name in shown} == shown
        (_, listed, _) = client.list_layer_versions(LayerName="library")["LayerVersions"]
        assert not any("Signing" in name for name in listed)

    @pytest.mark.parametrize(
        ("content", "text"),
        [
            ({"ZipFile": b"no archive"}, "Could not unzip uploaded file."),
            ({}, "Please provide a source for layer content."),
            ({"S3Bucket": "nowhere", "S3Key": "k"}, "Error occurred while GetObject."),
        ],
    )
    def test_what_cannot_be_unpacked_is_refused(self, client: Any, content: Any, text: str) -> None:
        with pytest.raises(ClientError) as refused:
            client.publish_layer_version(LayerName="library", Content=content)
        assert error_of(refused)[0] == "InvalidParameterValueException"
        assert error_of(refused)[2].startswith(text)
        assert client.list_layers()["Layers"] == []

    def test_a_layer_of_another_account_or_region_is_not_published(self, cloud: Cloud, client: Any) -> None:
        other = cloud.other()
        with pytest.raises(ClientError) as denied:
            publish(client, name=arn_of(other, version=None))
        assert error_of(denied)[0] == "AccessDeniedException"
        with pytest.raises(ClientError) as refused:
            publish(client, name=arn_of(cloud, version=None).replace("us-east-1", "eu-west-1"))
        assert error_of(refused) == (
            "ResourceNotFoundException",
            404,
            "Layers from 'eu-west-1' are not reachable in this region ('us-east-1')",
        )


class TestFinding:
    def test_by_name_by_arn_of_the_layer_and_by_arn_of_the_version(self, cloud: Cloud, client: Any) -> None:
        publish(client)
        answers = [
            client.get_layer_version(LayerName="library", VersionNumber=1),
            client.get_layer_version(LayerName=arn_of(cloud, version=None), VersionNumber=1),
            client.get_layer_version_by_arn(Arn=arn_of(cloud)),
        ]
        for answer in answers:
            answer["Content"].pop("Location")
        assert without_metadata(answers[0]) == without_metadata(answers[1]) == without_metadata(answers[2])

    def test_the_link_gives_the_package_to_whoever_has_it(self, cloud: Cloud, client: Any) -> None:
        link = publish(client)["Content"]["Location"]
        path = link.partition("://")[2].partition("/")[2]
        answer = cloud.root.send("GET", f"/{path}")
        assert (answer.status, answer.headers["content-type"], answer.body) == (200, "application/zip", LIBRARY)
        assert cloud.root.send("GET", f"/{path.replace('X-Amz-Signature=', 'X-Amz-Signature=0')}").status == 403
        client.delete_layer_version(LayerName="library", VersionNumber=1)
        assert cloud.root.send("GET", f"/{path}").status == 404

    @pytest.mark.parametrize(("name", "number"), [("absent", 1), ("library", 2), ("library", 2**40)])
    def test_what_is_not_there(self, client: Any, name: str, number: int) -> None:
        publish(client)
        with pytest.raises(ClientError) as refused:
            client.get_layer_version(LayerName=name, VersionNumber=number)
        assert error_of(refused) == ("ResourceNotFoundException", 404, UNKNOWN)

    def test_arns_that_name_no_layer_version(self, cloud: Cloud, client: Any) -> None:
        for arn in (arn_of(cloud, "absent"), "arn:aws:lambda:::awslayer:AmazonLinux1803"):
            with pytest.raises(ClientError) as refused:
                client.get_layer_version_by_arn(Arn=arn)
            assert error_of(refused) == ("ResourceNotFoundException", 404, UNKNOWN)
        with pytest.raises(ClientError) as invalid:
            client.get_layer_version_by_arn(Arn=arn_of(cloud, version=None))
        assert error_of(invalid)[0] == "ValidationException"

    @pytest.mark.parametrize("number", [0, -1])
    def test_versions_are_counted_from_one(self, client: Any, number: int) -> None:
        for call in (client.get_layer_version, client.delete_layer_version, client.get_layer_version_policy):
            with pytest.raises(ClientError) as refused:
                call(LayerName="library", VersionNumber=number)
            assert error_of(refused) == BELOW_ONE


class TestLists:
    def test_versions_are_listed_newest_first_and_the_others_by_page(self, client: Any) -> None:
        for _ in range(3):
            publish(client)
        pages = client.get_paginator("list_layer_versions").paginate(LayerName="library", MaxItems=2)
        assert [[each["Version"] for each in page["LayerVersions"]] for page in pages] == [[3, 2], [1]]
        assert client.list_layer_versions(LayerName="absent")["LayerVersions"] == []

    def test_layers_are_listed_by_name_with_their_newest_version(self, cloud: Cloud, client: Any) -> None:
        for name in ("b", "a", "a", "c"):
            publish(client, name=name)
        client.delete_layer_version(LayerName="c", VersionNumber=1)
        first = client.list_layers(MaxItems=1)
        assert [without_metadata(each) for each in first["Layers"]] == [
            {
                "LayerName": "a",
                "LayerArn": arn_of(cloud, "a", None),
                "LatestMatchingVersion": client.list_layer_versions(LayerName="a")["LayerVersions"][0],
            }
        ]
        second = client.list_layers(MaxItems=1, Marker=first["NextMarker"])
        assert [each["LayerName"] for each in second["Layers"]] == ["b"]
        assert "NextMarker" not in second

    def test_only_what_fits_is_listed_if_so_asked(self, client: Any) -> None:
        publish(client, CompatibleRuntimes=["python3.13"], CompatibleArchitectures=["x86_64"])
        publish(client, CompatibleRuntimes=["nodejs22.x"])
        publish(client, name="untold")

        def newest(**asked: str) -> dict[str, int]:
            found = client.list_layers(**asked)["Layers"]
            return {each["LayerName"]: each["LatestMatchingVersion"]["Version"] for each in found}

        assert newest() == {"library": 2, "untold": 1}
        assert newest(CompatibleRuntime="python3.13") == {"library": 1}
        assert newest(CompatibleArchitecture="x86_64") == {"library": 1}
        assert newest(CompatibleRuntime="nodejs22.x", CompatibleArchitecture="x86_64") == {}
        shown = client.list_layer_versions(LayerName="library", CompatibleRuntime="nodejs22.x")["LayerVersions"]
        assert [each["Version"] for each in shown] == [2]

    def test_a_marker_of_another_list_is_refused(self, client: Any) -> None:
        for name in ("a", "b"):
            publish(client, name=name)
        marker = client.list_layers(MaxItems=1)["NextMarker"]
        with pytest.raises(ClientError) as refused:
            client.list_layer_versions(LayerName="a", Marker=marker)
        assert error_of(refused)[0] == "InvalidParameterValueException"


class TestDeleting:
    def test_a_deleted_version_is_gone_and_its_number_is_never_given_again(self, client: Any) -> None:
        for _ in range(2):
            publish(client)
        for number in (2, 2, 1, 7):
            answer = client.delete_layer_version(LayerName="library", VersionNumber=number)
            assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
        assert client.list_layer_versions(LayerName="library")["LayerVersions"] == []
        assert client.list_layers()["Layers"] == []
        assert publish(client)["Version"] == 3


class TestPermissions:
    def add(self, client: Any, sid: str = "s1", principal: str = "*", **members: Any) -> Any:
        return client.add_layer_version_permission(
            LayerName="library",
            VersionNumber=1,
            StatementId=sid,
            Action="lambda:GetLayerVersion",
            Principal=principal,
            **members,
        )

    def statement(self, cloud: Cloud, sid: str, principal: Any) -> dict[str, Any]:
        return {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": principal,
            "Action": "lambda:GetLayerVersion",
            "Resource": arn_of(cloud),
        }

    def test_are_given_read_and_taken_back_as_on_aws(self, cloud: Cloud, client: Any) -> None:
        other = cloud.other()
        publish(client)
        first = self.add(client)
        assert first["ResponseMetadata"]["HTTPStatusCode"] == 201
        assert json.loads(first["Statement"]) == self.statement(cloud, "s1", "*")
        second = self.add(client, "s2", other.account, RevisionId=first["RevisionId"])
        root = {"AWS": f"arn:aws:iam::{other.account}:root"}
        assert json.loads(second["Statement"]) == self.statement(cloud, "s2", root)
        policy = client.get_layer_version_policy(LayerName="library", VersionNumber=1)
        assert policy["RevisionId"] == second["RevisionId"] != first["RevisionId"]
        assert json.loads(policy["Policy"]) == {
            "Version": "2012-10-17",
            "Id": "default",
            "Statement": [self.statement(cloud, "s1", "*"), self.statement(cloud, "s2", root)],
        }
        for sid in ("s1", "s2"):
            removed = client.remove_layer_version_permission(LayerName="library", VersionNumber=1, StatementId=sid)
            assert removed["ResponseMetadata"]["HTTPStatusCode"] == 204
        with pytest.raises(ClientError) as none:
            client.get_layer_version_policy(LayerName="library", VersionNumber=1)
        missing = "No policy is associated with the given resource."
        assert error_of(none) == ("ResourceNotFoundException", 404, missing)

    def test_refusals_have_awss_words(self, cloud: Cloud, client: Any) -> None:
        publish(client)
        self.add(client)
        where = {"LayerName": "library", "VersionNumber": 1}
        mismatch = (
            "The Revision Id provided does not match the latest Revision Id. "
            "Call the GetLayerPolicy API to retrieve the latest Revision Id"
        )
        taken = (
            "The statement id (s1) provided already exists. "
            "Please provide a new statement id, or remove the existing statement."
        )
        principal = "The provided principal was invalid. Please check the principal and try again."
        cases: list[tuple[Any, tuple[str, int, str]]] = [
            (lambda: self.add(client), ("ResourceConflictException", 409, taken)),
            (lambda: self.add(client, "s2", RevisionId="old"), ("PreconditionFailedException", 412, mismatch)),
            (lambda: self.add(client, "s2", "999999999999"), ("InvalidParameterValueException", 400, principal)),
            (
                lambda: client.remove_layer_version_permission(**where, StatementId="s1", RevisionId="old"),
                ("PreconditionFailedException", 412, mismatch),
            ),
            (
                lambda: client.remove_layer_version_permission(**where, StatementId="s9"),
                ("ResourceNotFoundException", 404, "Statement s9 is not found in resource policy."),
            ),
            (
                lambda: client.get_layer_version_policy(LayerName="library", VersionNumber=2),
                ("ResourceNotFoundException", 404, f"Layer version {arn_of(cloud, version=2)} does not exist."),
            ),
        ]
        for call, expected in cases:
            with pytest.raises(ClientError) as refused:
                call()
            assert error_of(refused) == expected

    def test_organizations_are_refused_by_name_and_other_actions_by_the_model(self, client: Any) -> None:
        publish(client)
        with pytest.raises(ClientError) as unsupported:
            self.add(client, OrganizationId="o-1234567890")
        assert "OrganizationId" in error_of(unsupported)[2]
        with pytest.raises(ClientError) as invalid:
            client.add_layer_version_permission(
                LayerName="library", VersionNumber=1, StatementId="s", Action="*", Principal="*"
            )
        assert error_of(invalid)[2].endswith(
            "Value '*' at 'action' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: lambda:GetLayerVersion"
        )

    def test_have_a_limit_together(self, client: Any) -> None:
        publish(client)
        with pytest.raises(ClientError) as refused:
            [self.add(client, f"{number:0100}") for number in range(100)]
        assert error_of(refused)[:2] == ("PolicyLengthExceededException", 400)

    def test_end_with_the_version(self, cloud: Cloud, client: Any) -> None:
        publish(client)
        self.add(client)
        client.delete_layer_version(LayerName="library", VersionNumber=1)
        with pytest.raises(ClientError) as denied:
            cloud.other().client("lambda").get_layer_version_by_arn(Arn=arn_of(cloud))
        assert error_of(denied)[0] == "AccessDeniedException"


class TestAcrossAccounts:
    def permit(self, client: Any, principal: str) -> None:
        client.add_layer_version_permission(
            LayerName="library",
            VersionNumber=1,
            StatementId="s",
            Action="lambda:GetLayerVersion",
            Principal=principal,
        )

    def test_a_layer_is_its_accounts_own_until_it_is_shared(self, cloud: Cloud, client: Any) -> None:
        publish(client)
        friend, stranger = cloud.other(), cloud.other()
        arn = arn_of(cloud)
        with pytest.raises(ClientError) as denied:
            friend.client("lambda").get_layer_version_by_arn(Arn=arn)
        text = (
            f"User: arn:aws:iam::{friend.account}:root is not authorized to perform: lambda:GetLayerVersion "
            f"on resource: {arn} because no resource-based policy allows the lambda:GetLayerVersion action"
        )
        assert error_of(denied) == ("AccessDeniedException", 403, text)
        self.permit(client, friend.account)
        link = friend.client("lambda").get_layer_version_by_arn(Arn=arn)["Content"]["Location"]
        assert friend.root.send("GET", f"/{link.partition('://')[2].partition('/')[2]}").body == LIBRARY
        with pytest.raises(ClientError):
            stranger.client("lambda").get_layer_version_by_arn(Arn=arn)
        with pytest.raises(ClientError) as listing:
            friend.client("lambda").list_layer_versions(LayerName=arn_of(cloud, version=None))
        assert "lambda:ListLayerVersions" in error_of(listing)[2]
        with pytest.raises(ClientError) as deleting:
            friend.client("lambda").delete_layer_version(LayerName=arn_of(cloud, version=None), VersionNumber=1)
        assert error_of(deleting)[0] == "AccessDeniedException"

    def test_a_users_own_policies_must_allow_it_too(self, cloud: Cloud, client: Any) -> None:
        publish(client)
        self.permit(client, "*")
        other = cloud.other()
        may = other.user("may", allowing("lambda:GetLayerVersion"))
        may_not = other.user("may-not", allowing("lambda:ListLayers"))
        assert may.client("lambda").get_layer_version_by_arn(Arn=arn_of(cloud))["Version"] == 1
        with pytest.raises(ClientError) as denied:
            may_not.client("lambda").get_layer_version_by_arn(Arn=arn_of(cloud))
        assert "because no identity-based policy allows" in error_of(denied)[2]

    def test_a_function_takes_a_layer_that_its_account_may_get(self, cloud: Cloud, client: Any) -> None:
        publish(client)
        other = cloud.other()
        with pytest.raises(ClientError) as denied:
            create(other.root, Layers=[arn_of(cloud)])
        assert error_of(denied)[0] == "AccessDeniedException"
        assert error_of(denied)[2].endswith("because no resource-based policy allows the lambda:GetLayerVersion action")
        self.permit(client, other.account)
        assert create(other.root, Layers=[arn_of(cloud)])["Layers"] == [
            {"Arn": arn_of(cloud), "CodeSize": len(LIBRARY)}
        ]


def create(caller: InProcess, **members: Any) -> Any:
    """Create the function `app`."""
    defaults: dict[str, Any] = {
        "FunctionName": "app",
        "Role": f"arn:aws:iam::{caller.key.account}:role/runner",
        "Runtime": PYTHON,
        "Handler": "app.handler",
        "Code": {"ZipFile": zip_of()},
    }
    return caller.client("lambda").create_function(**defaults | members)


class TestFunctions:
    def test_have_layers_from_creation_until_they_are_cleared(self, cloud: Cloud, client: Any) -> None:
        for name in ("a", "b"):
            publish(client, name=name)
        arns = [arn_of(cloud, "b"), arn_of(cloud, "a")]

        def layers(answer: Any) -> list[str]:
            return [each["Arn"] for each in answer.get("Layers", [])]

        assert layers(create(cloud.root, Layers=arns)) == arns
        assert layers(client.get_function(FunctionName="app")["Configuration"]) == arns
        assert layers(client.list_functions()["Functions"][0]) == arns
        assert layers(client.update_function_configuration(FunctionName="app", Timeout=5)) == arns
        assert layers(client.update_function_code(FunctionName="app", ZipFile=zip_of())) == arns
        assert layers(client.update_function_configuration(FunctionName="app", Layers=arns[:1])) == arns[:1]
        cleared = client.update_function_configuration(FunctionName="app", Layers=[])
        assert "Layers" not in cleared
        assert "Layers" not in client.get_function_configuration(FunctionName="app")

    def test_show_who_signed_a_layer(self, cloud: Cloud, client: Any) -> None:
        signed, profile_version, job = sign(cloud)
        publish(client, data=signed)
        (layer,) = create(cloud.root, Layers=[arn_of(cloud)])["Layers"]
        assert layer == {
            "Arn": arn_of(cloud),
            "CodeSize": len(signed),
            "SigningProfileVersionArn": profile_version,
            "SigningJobArn": job,
        }

    def test_keep_a_layer_that_is_deleted_and_get_none(self, cloud: Cloud, client: Any) -> None:
        publish(client)
        create(cloud.root, Layers=[arn_of(cloud)])
        client.delete_layer_version(LayerName="library", VersionNumber=1)
        kept = client.update_function_code(FunctionName="app", ZipFile=zip_of())["Layers"]
        assert [each["Arn"] for each in kept] == [arn_of(cloud)]
        with pytest.raises(ClientError) as refused:
            client.update_function_configuration(FunctionName="app", Layers=[arn_of(cloud)])
        assert error_of(refused)[2] == f"Layer version {arn_of(cloud)} does not exist."

    def test_refuse_layers_in_awss_words(self, cloud: Cloud, client: Any) -> None:
        names = [f"layer-{number}" for number in range(6)]
        for name in names:
            publish(client, name=name)
        publish(client, name="layer-0")
        first, second = arn_of(cloud, "layer-0"), arn_of(cloud, "layer-0", 2)
        create(cloud.root)
        same = (
            "Two different versions of the same layer are not allowed to be referenced in the same function. "
            "{} and {} are versions of the same layer."
        )
        elsewhere = "Layers are not in the same region as the function. Layers are expected to be in region us-east-1."
        absent = arn_of(cloud, "absent")
        cases = [
            ([arn_of(cloud, name) for name in names], "Cannot reference more than 5 layers."),
            ([first, second], same.format(first, second)),
            ([first, first], same.format(first, first)),
            ([absent], f"Layer version {absent} does not exist."),
            ([arn_of(cloud, "layer-0", 9)], f"Layer version {arn_of(cloud, 'layer-0', 9)} does not exist."),
            ([first.replace("us-east-1", "eu-west-1")], elsewhere),
        ]
        for layers, text in cases:
            with pytest.raises(ClientError) as on_update:
                client.update_function_configuration(FunctionName="app", Layers=layers)
            with pytest.raises(ClientError) as on_create:
                create(cloud.root, FunctionName="new", Layers=layers)
            assert error_of(on_update) == error_of(on_create) == ("InvalidParameterValueException", 400, text)
        assert [each["FunctionName"] for each in client.list_functions()["Functions"]] == ["app"]

    @pytest.mark.parametrize("operator", ["ForAllValues:StringLike", "ForAnyValue:StringLike"])
    def test_layers_are_a_condition_of_creation_and_change(self, cloud: Cloud, client: Any, operator: str) -> None:
        for name in ("good", "other"):
            publish(client, name=name)
        create(cloud.root)
        good, other = arn_of(cloud, "good"), arn_of(cloud, "other")
        condition = {operator: {"lambda:Layer": [arn_of(cloud, "good", None) + ":*"]}}
        caller = cloud.user(
            "deployer",
            allowing("lambda:GetLayerVersion"),
            allowing("iam:PassRole"),
            allowing("lambda:CreateFunction", Condition=condition),
            allowing("lambda:UpdateFunctionConfiguration", Condition=condition),
        )
        change = caller.client("lambda").update_function_configuration
        assert change(FunctionName="app", Layers=[good])["Layers"][0]["Arn"] == good
        assert create(caller, FunctionName="mine", Layers=[good])["Layers"][0]["Arn"] == good
        mixed_is_allowed = operator.startswith("ForAny")
        for layers, allowed in (([other], False), ([good, other], mixed_is_allowed)):
            if allowed:
                change(FunctionName="app", Layers=layers)
                continue
            with pytest.raises(ClientError) as denied:
                change(FunctionName="app", Layers=layers)
            assert error_of(denied)[0] == "AccessDeniedException"
            with pytest.raises(ClientError):
                create(caller, FunctionName="another", Layers=layers)

    def test_whoever_attaches_a_layer_must_be_allowed_to_get_it(self, cloud: Cloud, client: Any) -> None:
        publish(client)
        create(cloud.root)
        caller = cloud.user("deployer", allowing("lambda:UpdateFunctionConfiguration"))
        with pytest.raises(ClientError) as denied:
            caller.client("lambda").update_function_configuration(FunctionName="app", Layers=[arn_of(cloud)])
        assert "not authorized to perform: lambda:GetLayerVersion" in error_of(denied)[2]
