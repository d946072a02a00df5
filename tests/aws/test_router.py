import pytest

from sealgate.aws.endpoints import find_bucket, guess_service, in_path_style
from sealgate.aws.faults import Malformed, MalformedUri
from sealgate.aws.operation import Api
from sealgate.aws.request import Request, parse_query
from sealgate.aws.router import Match, Router

ROUTERS = {
    api.service: Router(api.service, [(each, each.name) for each in api.operations])
    for api in (Api("signer"), Api("lambda"), Api("s3"), Api("sts"))
}
ARN = "arn%3Aaws%3Asigner%3Aus-east-1%3A111122223333%3A%2Fsigning-profiles%2Fp_1"
COPY = {"x-amz-copy-source": "/b/k"}


def request(method: str, target: str, *, headers: dict[str, str] | None = None, host: str = "127.0.0.1") -> Request:
    path, _, query = target.partition("?")
    return Request(
        method=method,
        raw_path=path,
        query=parse_query(query.encode()),
        headers=headers or {},
        scheme="http",
        host=host,
        source_ip="",
    )


def find(service: str, method: str, target: str, headers: dict[str, str] | None = None) -> Match[str] | None:
    return ROUTERS[service].find(request(method, target, headers=headers))


@pytest.mark.parametrize(
    ("service", "method", "target", "name"),
    [
        ("signer", "GET", "/signing-profiles/p_1", "GetSigningProfile"),
        ("signer", "GET", "/signing-profiles", "ListSigningProfiles"),
        ("signer", "POST", f"/tags/{ARN}", "TagResource"),
        ("signer", "DELETE", f"/tags/{ARN}?tagKeys=a&tagKeys=b", "UntagResource"),
        ("signer", "DELETE", f"/tags/{ARN}", "UntagResource"),
        ("signer", "POST", "/signing-jobs/with-payload", "SignPayload"),
        ("signer", "GET", "/revocations", "GetRevocationStatus"),
        ("lambda", "POST", "/2020-04-22/code-signing-configs", "CreateCodeSigningConfig"),
        ("lambda", "POST", "/2020-04-22/code-signing-configs/", "CreateCodeSigningConfig"),
        ("lambda", "GET", "/2015-03-31/functions/", "ListFunctions"),
        ("lambda", "PUT", "/2015-03-31/functions/f/code", "UpdateFunctionCode"),
        ("lambda", "GET", "/2020-06-30/functions/f/code-signing-config", "GetFunctionCodeSigningConfig"),
        ("lambda", "GET", "/_sealgate/code/f/00", "DownloadFunctionCode"),
        ("lambda", "GET", "/_sealgate/layers/arn%3Aaws%3Alambda/00", "DownloadLayerVersion"),
        ("lambda", "GET", "/2018-10-31/layers", "ListLayers"),
        ("lambda", "GET", "/2018-10-31/layers?find=LayerVersion&Arn=a", "GetLayerVersionByArn"),
        ("s3", "GET", "/", "ListBuckets"),
        ("s3", "PUT", "/bucket", "CreateBucket"),
        ("s3", "PUT", "/bucket/", "CreateBucket"),
        ("s3", "GET", "/bucket", "ListObjects"),
        ("s3", "GET", "/bucket?list-type=2&prefix=a", "ListObjectsV2"),
        ("s3", "GET", "/bucket?list-type=1", "ListObjects"),
        ("s3", "GET", "/bucket?versions", "ListObjectVersions"),
        ("s3", "GET", "/bucket?location=", "GetBucketLocation"),
        ("s3", "GET", "/bucket?lifecycle", "GetBucketLifecycleConfiguration"),
        ("s3", "PUT", "/bucket?policy", "PutBucketPolicy"),
        ("s3", "GET", "/bucket/key", "GetObject"),
        ("s3", "GET", "/bucket/key?tagging", "GetObjectTagging"),
        ("s3", "GET", "/bucket/key?acl", "GetObjectAcl"),
        ("s3", "GET", "/bucket/key?uploadId=1", "ListParts"),
        ("s3", "PUT", "/bucket/key?x-id=PutObject", "PutObject"),
        ("s3", "PUT", "/bucket/key?partNumber=1&uploadId=2", "UploadPart"),
        ("s3", "POST", "/bucket/key?uploads", "CreateMultipartUpload"),
        ("s3", "POST", "/bucket/key?uploadId=1", "CompleteMultipartUpload"),
        ("s3", "DELETE", "/bucket/key", "DeleteObject"),
        ("s3", "DELETE", "/bucket/key?uploadId=1", "AbortMultipartUpload"),
        ("s3", "POST", "/bucket?delete", "DeleteObjects"),
    ],
)
def test_an_operation_is_found_by_method_path_and_query(service: str, method: str, target: str, name: str) -> None:
    match = find(service, method, target)
    assert match is not None
    assert match.target == name


@pytest.mark.parametrize(
    ("target", "name"), [("/b/k", "CopyObject"), ("/b/k?partNumber=1&uploadId=2", "UploadPartCopy")]
)
def test_the_source_of_a_copy_decides_what_a_put_is(target: str, name: str) -> None:
    match = find("s3", "PUT", target, COPY)
    assert match is not None
    assert match.target == name


@pytest.mark.parametrize(
    ("service", "target", "labels"),
    [
        ("signer", f"/tags/{ARN}", {"resourceArn": "arn:aws:signer:us-east-1:111122223333:/signing-profiles/p_1"}),
        ("lambda", "/2015-03-31/functions/f%20%C3%A9", {"FunctionName": "f é"}),
        ("s3", "/bucket/a/b//c/", {"Bucket": "bucket", "Key": "a/b//c/"}),
        ("s3", "/bucket//a", {"Bucket": "bucket", "Key": "/a"}),
        ("s3", "/bucket/../%2e%2e/a+b", {"Bucket": "bucket", "Key": "../../a+b"}),
    ],
)
def test_the_parts_of_a_path_are_decoded_after_it_was_taken_apart(
    service: str, target: str, labels: dict[str, str]
) -> None:
    match = find(service, "GET", target)
    assert match is not None
    assert match.labels == labels


@pytest.mark.parametrize(
    ("service", "method", "target"),
    [
        ("signer", "PATCH", "/signing-profiles/p"),
        ("signer", "GET", "/nothing/here"),
        ("lambda", "GET", "/2015-03-31/functions/f/code/more"),
        ("s3", "PATCH", "/bucket"),
        ("s3", "POST", "/bucket"),
    ],
)
def test_what_no_model_knows_is_not_found(service: str, method: str, target: str) -> None:
    assert find(service, method, target) is None


@pytest.mark.parametrize("path", ["/a/../b", "/./a", "//a", "/a//b", "/a//", "/signing-profiles/.."])
def test_a_path_that_a_signature_would_not_tell_from_another_is_refused(path: str) -> None:
    with pytest.raises(Malformed):
        find("signer", "GET", path)


@pytest.mark.parametrize("name", ["%ff%fe", "%zz", "100%", "%2"])
@pytest.mark.parametrize("service", ["signer", "s3"])
def test_a_path_that_is_not_percent_encoded_utf_8_is_refused(service: str, name: str) -> None:
    with pytest.raises(MalformedUri):
        find(service, "GET", f"/signing-profiles/{name}")


@pytest.mark.parametrize(
    ("host", "bucket"),
    [
        ("my-bucket.localhost", "my-bucket"),
        ("my-bucket.localhost:4566", "my-bucket"),
        ("My-Bucket.LOCALHOST", "my-bucket"),
        ("my.dotted.bucket.localhost", "my.dotted.bucket"),
        ("my-bucket.s3.localhost", "my-bucket"),
        ("my-bucket.s3.eu-west-1.localhost:80", "my-bucket"),
        ("s3.localhost", None),
        ("s3.us-east-1.localhost:4566", None),
        ("localhost", None),
        ("localhost:4566", None),
        ("127.0.0.1:4566", None),
        ("data-localhost", None),
        ("bucket.example.com", None),
        ("x.localhost", None),
    ],
)
def test_a_bucket_is_found_in_local_host_names_only(host: str, bucket: str | None) -> None:
    assert find_bucket(host) == bucket


def test_a_bucket_of_the_host_name_stands_before_the_path() -> None:
    assert in_path_style(request("GET", "/key", host="b-1.localhost")).raw_path == "/b-1/key"
    assert in_path_style(request("GET", "/b/key", host="localhost")).raw_path == "/b/key"


@pytest.mark.parametrize(
    ("method", "target", "headers", "service"),
    [
        ("POST", "/", {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}, "sts"),
        ("GET", "/?Action=GetCallerIdentity", {}, "sts"),
        ("POST", "/", {"x-amz-target": "CloudTrail_20131101.LookupEvents"}, "cloudtrail"),
        ("POST", "/", {"x-amz-target": "Logs_20140328.FilterLogEvents"}, "logs"),
        ("POST", "/", {"x-amz-target": "AmazonSSM.GetParameter"}, "ssm"),
        ("POST", "/", {"x-amz-target": "GraniteServiceVersion20100801.ListMetrics"}, "cloudwatch"),
        ("POST", "/service/Granite/operation/ListMetrics", {"smithy-protocol": "rpc-v2-cbor"}, "cloudwatch"),
        ("GET", "/", {}, "s3"),
        ("GET", "/signing-profiles/p", {}, "signer"),
        ("GET", f"/tags/{ARN}", {}, "signer"),
        ("GET", "/tags/key", {}, "s3"),
        ("GET", "/2015-03-31/functions", {}, "lambda"),
        ("GET", "/_sealgate/code/f/00", {}, "lambda"),
        ("GET", "/_sealgate/layers/arn/00", {}, "lambda"),
        ("GET", "/bucket/2015-03-31/functions", {}, "s3"),
    ],
)
def test_an_unsigned_request_is_for_the_service_that_its_path_looks_like(
    method: str, target: str, headers: dict[str, str], service: str
) -> None:
    assert guess_service(request(method, target, headers=headers)) == service
