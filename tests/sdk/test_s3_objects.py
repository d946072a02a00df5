"""Objects through boto3 and a real socket."""

import base64
import hashlib
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

from tests.support.s3_client import S3, refusal, send

ETAG = '"' + hashlib.md5(b"content", usedforsecurity=False).hexdigest() + '"'
CRC32 = base64.b64encode(zlib.crc32(b"content").to_bytes(4, "big")).decode()
HOUR = timedelta(hours=1)


def test_an_object_is_put_and_read_back_with_everything_said_of_it(s3: S3) -> None:
    said: dict[str, Any] = {
        "CacheControl": "no-store",
        "ContentDisposition": 'attachment; filename="a.zip"',
        "ContentEncoding": "gzip",
        "ContentLanguage": "de",
        "ContentType": "application/zip",
        "Expires": datetime(2030, 1, 1, tzinfo=UTC),
        "Metadata": {"who": "me", "empty": ""},
        "WebsiteRedirectLocation": "/elsewhere",
        "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": "some-key",
        "BucketKeyEnabled": True,
    }
    put = s3.put(**said, StorageClass="STANDARD", ACL="private", Tagging="a=1&b=%C3%BC")
    assert put["ETag"] == ETAG
    assert "VersionId" not in put
    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"], put["BucketKeyEnabled"]) == ("aws:kms", "some-key", True)
    for answer in (
        s3.client.get_object(Bucket=s3.bucket, Key="app.zip"),
        s3.client.head_object(Bucket=s3.bucket, Key="app.zip"),
    ):
        assert {name: answer[name] for name in said} == said
        assert (answer["ETag"], answer["ContentLength"], answer["AcceptRanges"]) == (ETAG, 7, "bytes")
        assert abs(answer["LastModified"] - datetime.now(UTC)) < HOUR
        assert "StorageClass" not in answer
    assert s3.read() == b"content"
    assert s3.client.get_object(Bucket=s3.bucket, Key="app.zip")["TagCount"] == 2


def test_an_object_about_which_nothing_is_said_has_the_default_type(s3: S3) -> None:
    s3.put()
    assert s3.client.head_object(Bucket=s3.bucket, Key="app.zip")["ContentType"] == "binary/octet-stream"


@pytest.mark.parametrize(
    "key", ["a b+c/%2F?#&=.zip", "ünï/日本\U0001f600", "/lead", "a//b/", "../up", "a\nb", "~'!*()"]
)
@pytest.mark.parametrize("body", [b"", b"x"])
def test_any_key_goes_there_and_back(s3: S3, key: str, body: bytes) -> None:
    s3.put(key, body)
    assert s3.read(key) == body
    assert s3.keys() == [key]
    s3.client.delete_object(Bucket=s3.bucket, Key=key)
    assert s3.keys() == []


def test_a_key_beyond_its_limit_is_refused(s3: S3) -> None:
    s3.put("k" * 1024)
    with pytest.raises(ClientError) as refused:
        s3.put("k" * 1025)
    assert refusal(refused) == ("KeyTooLongError", 400)


def test_a_missing_bucket_key_and_version_have_errors_of_their_own(s3: S3) -> None:
    s3.put()
    with pytest.raises(s3.client.exceptions.NoSuchBucket):
        s3.client.get_object(Bucket="absent-bucket", Key="k")
    with pytest.raises(s3.client.exceptions.NoSuchKey):
        s3.read("absent")
    with pytest.raises(ClientError) as version:
        s3.read(VersionId="0" * 32)
    assert refusal(version) == ("NoSuchVersion", 404)


@pytest.mark.parametrize(
    ("version_id", "message"),
    [("x", "Invalid version id specified"), ("", "Version id cannot be the empty string")],
)
def test_what_can_be_no_version_is_no_argument(s3: S3, version_id: str, message: str) -> None:
    s3.put()
    for call in (s3.client.get_object, s3.client.delete_object, s3.client.get_object_tagging):
        with pytest.raises(ClientError, match=message) as refused:
            call(Bucket=s3.bucket, Key="app.zip", VersionId=version_id)
        assert refusal(refused) == ("InvalidArgument", 400)
    assert s3.read() == b"content"


def test_an_error_says_what_it_is_about(s3: S3) -> None:
    s3.put()
    calls: list[tuple[dict[str, str], dict[str, str]]] = [
        ({"Key": "absent"}, {"Key": "absent"}),
        ({"Key": "app.zip", "VersionId": "0" * 32}, {"Key": "app.zip", "VersionId": "0" * 32}),
        ({"Key": "app.zip", "IfMatch": '"other"'}, {"Condition": "If-Match"}),
        ({"Key": "app.zip", "Range": "bytes=7-"}, {"RangeRequested": "bytes=7-", "ActualObjectSize": "7"}),
    ]
    for members, details in calls:
        with pytest.raises(ClientError) as raised:
            s3.client.get_object(Bucket=s3.bucket, **members)
        assert raised.value.response["Error"].items() >= details.items()


def test_a_copys_source_may_be_percent_encoded_as_a_whole(s3: S3) -> None:
    s3.put("a b+%/ü")
    source = quote(f"{s3.bucket}/a b+%/ü", safe="")
    answer = send(s3.server, "PUT", f"/{s3.bucket}/copy", headers={"x-amz-copy-source": source})
    assert answer.status_code == 200
    assert s3.read("copy") == b"content"
    with pytest.raises(ClientError) as head:
        s3.client.head_object(Bucket=s3.bucket, Key="absent")
    assert refusal(head) == ("404", 404)


@pytest.mark.parametrize(
    ("asked", "content", "said"),
    [
        ("bytes=0-2", b"con", "bytes 0-2/7"),
        ("bytes=3-", b"tent", "bytes 3-6/7"),
        ("bytes=-2", b"nt", "bytes 5-6/7"),
        ("bytes=0-99", b"content", "bytes 0-6/7"),
    ],
)
def test_a_range_is_answered_as_partial_content(s3: S3, asked: str, content: bytes, said: str) -> None:
    s3.put()
    answer = s3.client.get_object(Bucket=s3.bucket, Key="app.zip", Range=asked)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert (answer["Body"].read(), answer["ContentRange"], answer["ContentLength"]) == (content, said, len(content))
    head = s3.client.head_object(Bucket=s3.bucket, Key="app.zip", Range=asked)
    assert head["ContentLength"] == len(content)


def test_a_range_without_any_byte_is_refused(s3: S3) -> None:
    s3.put()
    with pytest.raises(ClientError) as refused:
        s3.read(Range="bytes=7-")
    assert refusal(refused) == ("InvalidRange", 416)
    assert refused.value.response["ResponseMetadata"]["HTTPHeaders"]["content-range"] == "bytes */7"


@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        ({"IfMatch": ETAG}, 200),
        ({"IfMatch": '"x"'}, 412),
        ({"IfNoneMatch": ETAG}, 304),
        ({"IfNoneMatch": '"x"'}, 200),
        ({"IfModifiedSince": datetime(2020, 1, 1, tzinfo=UTC)}, 200),
        ({"IfModifiedSince": datetime(2100, 1, 1, tzinfo=UTC)}, 304),
        ({"IfUnmodifiedSince": datetime(2020, 1, 1, tzinfo=UTC)}, 412),
        ({"IfUnmodifiedSince": datetime(2100, 1, 1, tzinfo=UTC)}, 200),
    ],
)
def test_a_conditional_read_is_answered_by_its_condition(s3: S3, conditions: dict[str, Any], status: int) -> None:
    s3.put()
    for read in (s3.client.get_object, s3.client.head_object):
        try:
            answer = read(Bucket=s3.bucket, Key="app.zip", **conditions)
        except ClientError as error:
            answer = error.response
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
        if status == 304:
            assert answer["ResponseMetadata"]["HTTPHeaders"]["etag"] == ETAG


def test_a_conditional_write_replaces_only_what_it_knows(s3: S3) -> None:
    s3.put(IfNoneMatch="*")
    with pytest.raises(ClientError) as exists:
        s3.put(body=b"other", IfNoneMatch="*")
    assert refusal(exists) == ("PreconditionFailed", 412)
    with pytest.raises(ClientError) as another:
        s3.put(body=b"other", IfMatch='"x"')
    assert refusal(another) == ("PreconditionFailed", 412)
    with pytest.raises(s3.client.exceptions.NoSuchKey):
        s3.put("absent", IfMatch=ETAG)
    s3.put(body=b"other", IfMatch=ETAG)
    assert s3.read() == b"other"


def test_versions_are_kept_deleted_and_restored(s3: S3) -> None:
    s3.keep_versions()
    first, second = s3.put(body=b"1")["VersionId"], s3.put(body=b"2")["VersionId"]
    assert (s3.read(), s3.read(VersionId=first), s3.read(VersionId=second)) == (b"2", b"1", b"2")
    marker = s3.client.delete_object(Bucket=s3.bucket, Key="app.zip")
    assert marker["DeleteMarker"]
    with pytest.raises(s3.client.exceptions.NoSuchKey) as gone:
        s3.read()
    headers = gone.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert (headers["x-amz-delete-marker"], headers["x-amz-version-id"]) == ("true", marker["VersionId"])
    with pytest.raises(ClientError) as method:
        s3.read(VersionId=marker["VersionId"])
    assert refusal(method) == ("MethodNotAllowed", 405)
    undone = s3.client.delete_object(Bucket=s3.bucket, Key="app.zip", VersionId=marker["VersionId"])
    assert (undone["DeleteMarker"], undone["VersionId"]) == (True, marker["VersionId"])
    assert s3.read() == b"2"
    s3.client.delete_object(Bucket=s3.bucket, Key="app.zip", VersionId=second)
    assert s3.read() == b"1"


def test_a_suspended_bucket_writes_null_versions(s3: S3) -> None:
    s3.keep_versions()
    named = s3.put(body=b"named")["VersionId"]
    s3.client.put_bucket_versioning(Bucket=s3.bucket, VersioningConfiguration={"Status": "Suspended"})
    assert s3.put(body=b"null")["VersionId"] == "null"
    assert (s3.read(VersionId="null"), s3.read(VersionId=named)) == (b"null", b"named")


def test_several_objects_are_deleted_at_once(s3: S3) -> None:
    s3.keep_versions()
    version = s3.put("a")["VersionId"]
    s3.put("b")
    objects = [{"Key": "a", "VersionId": version}, {"Key": "b"}, {"Key": "absent"}, {"Key": "k" * 1025}]
    answer = s3.client.delete_objects(Bucket=s3.bucket, Delete={"Objects": objects})
    by_key = {deleted["Key"]: deleted for deleted in answer["Deleted"]}
    assert by_key["a"] == {"Key": "a", "VersionId": version}
    assert by_key["b"]["DeleteMarker"]
    assert set(by_key) == {"a", "b", "absent"}
    assert [error["Code"] for error in answer["Errors"]] == ["KeyTooLongError"]
    assert s3.keys() == []
    quiet = s3.client.delete_objects(Bucket=s3.bucket, Delete={"Objects": [{"Key": "b"}], "Quiet": True})
    assert "Deleted" not in quiet


def test_more_than_a_thousand_at_once_and_conditional_ones_are_refused(s3: S3) -> None:
    with pytest.raises(ClientError) as many:
        s3.client.delete_objects(Bucket=s3.bucket, Delete={"Objects": [{"Key": str(n)} for n in range(1001)]})
    assert refusal(many) == ("MalformedXML", 400)
    s3.put()
    with pytest.raises(ClientError) as conditional:
        s3.client.delete_objects(Bucket=s3.bucket, Delete={"Objects": [{"Key": "app.zip", "ETag": '"x"'}]})
    assert refusal(conditional) == ("NotImplemented", 501)
    assert s3.read() == b"content"


def test_an_object_is_copied_with_what_was_said_of_it_or_without(s3: S3) -> None:
    s3.keep_versions()
    version = s3.put("a ü", Metadata={"who": "me"}, Tagging="t=1", ServerSideEncryption="AES256")["VersionId"]
    source = {"Bucket": s3.bucket, "Key": "a ü", "VersionId": version}
    copied = s3.client.copy_object(Bucket=s3.bucket, Key="b", CopySource=source)
    assert copied["CopyObjectResult"]["ETag"] == ETAG
    assert copied["CopySourceVersionId"] == version
    head = s3.client.head_object(Bucket=s3.bucket, Key="b")
    assert head["Metadata"] == {"who": "me"}
    assert "ServerSideEncryption" not in head
    assert s3.client.get_object_tagging(Bucket=s3.bucket, Key="b")["TagSet"] == [{"Key": "t", "Value": "1"}]
    s3.client.copy_object(
        Bucket=s3.bucket,
        Key="c",
        CopySource=source,
        MetadataDirective="REPLACE",
        Metadata={"new": "1"},
        TaggingDirective="REPLACE",
        Tagging="u=2",
        ChecksumAlgorithm="SHA256",
    )
    head = s3.client.head_object(Bucket=s3.bucket, Key="c", ChecksumMode="ENABLED")
    assert head["Metadata"] == {"new": "1"}
    assert head["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(b"content").digest()).decode()
    assert s3.client.get_object_tagging(Bucket=s3.bucket, Key="c")["TagSet"] == [{"Key": "u", "Value": "2"}]
    assert s3.read("c") == b"content"


def test_a_copy_is_refused_for_a_failed_condition_itself_or_a_bad_source(s3: S3) -> None:
    s3.put()
    here = f"{s3.bucket}/app.zip"
    for members, code in (
        ({"Key": "b", "CopySource": here, "CopySourceIfMatch": '"x"'}, ("PreconditionFailed", 412)),
        ({"Key": "b", "CopySource": here, "CopySourceIfNoneMatch": ETAG}, ("PreconditionFailed", 412)),
        ({"Key": "app.zip", "CopySource": here}, ("InvalidRequest", 400)),
        ({"Key": "b", "CopySource": "nonsense"}, ("InvalidArgument", 400)),
        ({"Key": "b", "CopySource": f"{s3.bucket}/absent"}, ("NoSuchKey", 404)),
        ({"Key": "b", "CopySource": "absent-bucket/k"}, ("NoSuchBucket", 404)),
    ):
        with pytest.raises(ClientError) as refused:
            s3.client.copy_object(Bucket=s3.bucket, **members)
        assert refusal(refused) == code
    assert s3.keys() == ["app.zip"]


def test_tags_are_put_read_and_removed_and_the_version_is_named(s3: S3) -> None:
    s3.keep_versions()
    version = s3.put(Tagging="a=1")["VersionId"]
    found = s3.client.get_object_tagging(Bucket=s3.bucket, Key="app.zip")
    assert found["VersionId"] == found["ResponseMetadata"]["HTTPHeaders"]["x-amz-version-id"] == version
    tags = [{"Key": "b", "Value": "2"}, {"Key": "c", "Value": ""}]
    assert s3.client.put_object_tagging(Bucket=s3.bucket, Key="app.zip", Tagging={"TagSet": tags})["VersionId"]
    assert s3.client.get_object_tagging(Bucket=s3.bucket, Key="app.zip")["TagSet"] == tags
    s3.client.delete_object_tagging(Bucket=s3.bucket, Key="app.zip")
    assert s3.client.get_object_tagging(Bucket=s3.bucket, Key="app.zip")["TagSet"] == []


def test_irregular_tags_are_refused(s3: S3) -> None:
    s3.put()
    many = [{"Key": str(n), "Value": ""} for n in range(11)]
    twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    for tags, code in ((many, "BadRequest"), (twice, "InvalidTag"), ([{"Key": "<", "Value": ""}], "InvalidTag")):
        with pytest.raises(ClientError) as refused:
            s3.client.put_object_tagging(Bucket=s3.bucket, Key="app.zip", Tagging={"TagSet": tags})
        assert refusal(refused) == (code, 400)
    with pytest.raises(ClientError) as malformed:
        s3.put(Tagging="a=1&b")
    assert refusal(malformed) == ("InvalidArgument", 400)


@pytest.mark.parametrize(
    ("algorithm", "member"),
    [
        ("CRC32", "ChecksumCRC32"),
        ("CRC32C", "ChecksumCRC32C"),
        ("CRC64NVME", "ChecksumCRC64NVME"),
        ("SHA1", "ChecksumSHA1"),
        ("SHA256", "ChecksumSHA256"),
    ],
)
def test_a_checksum_is_kept_and_given_back_when_asked_for(s3: S3, algorithm: str, member: str) -> None:
    put = s3.put(ChecksumAlgorithm=algorithm)
    assert put["ChecksumType"] == "FULL_OBJECT"
    answer = s3.client.get_object(Bucket=s3.bucket, Key="app.zip", ChecksumMode="ENABLED")
    assert answer[member] == put[member]
    assert answer["Body"].read() == b"content"
    assert member not in s3.client.get_object(Bucket=s3.bucket, Key="app.zip", Range="bytes=0-1")
    listed = s3.client.list_objects_v2(Bucket=s3.bucket)["Contents"][0]
    assert listed["ChecksumAlgorithm"] == [algorithm]


def test_a_wrong_checksum_stores_nothing(s3: S3) -> None:
    wrong_md5 = base64.b64encode(hashlib.md5(b"other", usedforsecurity=False).digest()).decode()
    wrong: list[dict[str, Any]] = [
        {"ChecksumCRC32": "AAAAAA=="},
        {"ChecksumSHA256": "A" * 43 + "="},
        {"ContentMD5": wrong_md5},
    ]
    for members in wrong:
        with pytest.raises(ClientError) as refused:
            s3.put(**members)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert s3.keys() == []
    s3.put(ChecksumCRC32=CRC32)
    assert s3.keys() == ["app.zip"]


@pytest.mark.parametrize(
    "members",
    [
        {"ACL": "public-read"},
        {"StorageClass": "GLACIER"},
        {"ServerSideEncryption": "aws:kms:dsse"},
        {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32},
        {"GrantRead": "id=x"},
        {"ObjectLockMode": "GOVERNANCE"},
        {"IfNoneMatch": '"etag"'},
    ],
)
def test_what_would_not_be_honoured_is_refused_by_name(s3: S3, members: dict[str, Any]) -> None:
    client = s3.client
    if "SSECustomerKey" in members:
        client = s3.server.client("s3")
        client.meta.events.register("before-call.s3", lambda params, **_: params["headers"].pop("x", None))
    with pytest.raises(ClientError) as refused:
        client.put_object(Bucket=s3.bucket, Key="app.zip", Body=b"x", **members)
    assert refusal(refused) == ("NotImplemented", 501)
    assert s3.keys() == []


def test_a_key_for_an_encryption_that_takes_none_is_refused(s3: S3) -> None:
    with pytest.raises(ClientError) as refused:
        s3.put(ServerSideEncryption="AES256", SSEKMSKeyId="k")
    assert refusal(refused) == ("InvalidArgument", 400)


def test_too_much_metadata_is_refused(s3: S3) -> None:
    with pytest.raises(ClientError) as refused:
        s3.put(Metadata={"k": "v" * 2048})
    assert refusal(refused) == ("MetadataTooLarge", 400)


def test_a_reader_may_ask_for_other_headers(s3: S3) -> None:
    s3.put(ContentType="a/b")
    asked = {"ResponseContentType": "c/d", "ResponseContentDisposition": "inline", "ResponseCacheControl": "no-store"}
    answer = s3.client.get_object(Bucket=s3.bucket, Key="app.zip", **asked)
    assert (answer["ContentType"], answer["ContentDisposition"], answer["CacheControl"]) == (
        "c/d",
        "inline",
        "no-store",
    )
