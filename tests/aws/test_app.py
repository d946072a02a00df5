import hashlib
import logging
from datetime import timedelta
from typing import Any

import orjson
import pytest
from botocore.exceptions import ClientError

from sealgate import __version__
from sealgate.aws.chunked import ChunkKey
from sealgate.aws.request import EMPTY_SHA256, Request
from sealgate.aws.sigv4 import derive_key, parse_claim
from sealgate.clock import system_clock
from sealgate.errors import Conflict, Denied, NotFound
from tests.support.linked import linked
from tests.support.signed import signed
from tests.support.toys import STORED, Toys

_MINUTE = timedelta(minutes=1)
PROFILE = "/signing-profiles/my-signer-profile"


def request(toys: Toys, service: str, method: str, target: str, **made: Any) -> Request:
    return signed(service, method, target, key_id=toys.key.access_key_id, secret=toys.key.secret, **made)


def refused(caught: pytest.ExceptionInfo[ClientError]) -> tuple[str, int, str]:
    response: Any = caught.value.response
    return (
        response["Error"]["Code"],
        response["ResponseMetadata"]["HTTPStatusCode"],
        response["Error"].get("Message", ""),
    )


def test_a_call_reaches_its_handler_with_who_where_and_when(toys: Toys) -> None:
    answer = toys.wire.client("signer").get_signing_profile(profileName="my-signer-profile")
    assert answer["profileName"] == "my-signer-profile"
    (call,) = toys.calls
    assert (call.service, call.operation, call.account, call.region) == (
        "signer",
        "GetSigningProfile",
        "111122223333",
        "us-east-1",
    )
    assert (call.endpoint, call.source_ip) == ("http://127.0.0.1:4566", "127.0.0.1")
    assert call.principal.arn == "arn:aws:iam::111122223333:root"
    assert call.user_agent.startswith("Boto3/")
    assert answer["ResponseMetadata"]["RequestId"] == call.request_id
    assert toys.threads == ["MainThread"]


def test_every_protocol_answers_its_own_client(toys: Toys) -> None:
    assert toys.wire.client("sts").get_caller_identity()["Account"] == "111122223333"
    code = toys.wire.client("lambda").update_function_code(FunctionName="f", ZipFile=b"PK")
    assert (code["FunctionName"], code["CodeSize"]) == ("f", 2)
    written = toys.wire.client("s3").put_object(Bucket="bucket", Key="a/b c", Body=b"abc", Metadata={"a": "1"})
    assert written["VersionId"] == "bucket/a/b c/1"
    assert written["ETag"] == '"900150983cd24fb0d6963f7d28e17f72"'
    assert toys.threads[1].startswith("handler")


def test_an_operation_without_an_output_answers_an_empty_body(toys: Toys) -> None:
    answer = toys.wire.replay(request(toys, "signer", "DELETE", PROFILE))
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (NotFound("no", reason="ProfileNotFound"), "ResourceNotFoundException", 404),
        (Denied("no"), "AccessDeniedException", 403),
        (Conflict("no", reason="ProfileAlreadyExists"), "ValidationException", 400),
    ],
)
def test_an_error_of_the_inside_is_a_typed_exception_of_boto3(
    toys: Toys, error: Exception, code: str, status: int
) -> None:
    toys.error, client = error, toys.wire.client("signer")
    with pytest.raises(getattr(client.exceptions, code)) as caught:
        client.get_signing_profile(profileName="ab")
    assert refused(caught) == (code, status, "no")


def test_signers_finer_code_stands_beside_the_error_and_not_in_its_place(toys: Toys) -> None:
    toys.error, client = NotFound("no", reason="ProfileNotFound"), toys.wire.client("signer")
    with pytest.raises(client.exceptions.ResourceNotFoundException) as caught:
        client.get_signing_profile(profileName="ab")
    assert caught.value.response["code"] == "ProfileNotFound"


def test_the_tag_operations_of_signer_have_errors_of_their_own(toys: Toys) -> None:
    client = toys.wire.client("signer")
    with pytest.raises(client.exceptions.NotFoundException):
        client.list_tags_for_resource(resourceArn="arn:aws:signer:us-east-1:111122223333:/signing-profiles/p")


def test_an_error_of_lambda_says_whose_fault_it_is(toys: Toys) -> None:
    client = toys.wire.client("lambda")
    with pytest.raises(client.exceptions.ResourceNotFoundException) as caught:
        client.get_function_configuration(FunctionName="f")
    assert caught.value.response["Type"] == "User"
    assert refused(caught)[2] == "Function not found: arn"


def test_a_defect_is_a_500_without_detail_and_a_traceback_in_the_log(
    toys: Toys, caplog: pytest.LogCaptureFixture
) -> None:
    toys.error = ZeroDivisionError("the secret detail")
    answer = toys.wire.replay(request(toys, "signer", "GET", PROFILE))
    assert answer.status == 500
    assert b"secret" not in answer.body
    assert answer.headers["x-amzn-errortype"] == "InternalServiceErrorException"
    assert "the secret detail" in caplog.text
    assert answer.headers["x-amzn-requestid"] in caplog.text


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("signer", lambda client: client.list_signing_jobs(), "NotImplementedException"),
        ("lambda", lambda client: client.list_functions(), "NotImplementedException"),
        ("s3", lambda client: client.get_bucket_policy(Bucket="bucket"), "NotImplemented"),
        ("sts", lambda client: client.get_session_token(), "NotImplemented"),
    ],
)
def test_an_operation_that_is_not_bound_is_refused_by_name(toys: Toys, service: str, call: Any, code: str) -> None:
    with pytest.raises(ClientError) as caught:
        call(toys.wire.client(service))
    assert refused(caught)[:2] == (code, 501)
    assert caught.value.operation_name in refused(caught)[2]


@pytest.mark.parametrize(
    ("service", "call", "status", "member"),
    [
        (
            "signer",
            lambda client: client.get_signing_profile(profileName="ab", profileOwner="1" * 12),
            400,
            "profileOwner",
        ),
        ("lambda", lambda client: client.update_function_code(FunctionName="f", DryRun=True), 400, "DryRun"),
        ("s3", lambda client: client.put_object(Bucket="bucket", Key="k", ACL="public-read"), 501, "ACL"),
    ],
)
def test_a_member_that_the_handler_does_not_take_is_refused_by_name(
    toys: Toys, service: str, call: Any, status: int, member: str
) -> None:
    with pytest.raises(ClientError) as caught:
        call(toys.wire.client(service))
    assert refused(caught)[1] == status
    assert member in refused(caught)[2]
    assert toys.calls == []


@pytest.mark.parametrize(
    ("service", "target", "code", "status"),
    [
        ("signer", PROFILE, b"Missing Authentication Token", 403),
        ("lambda", "/2015-03-31/functions/f/configuration", b"Missing Authentication Token", 403),
        ("s3", "/bucket/key", b"<Code>AccessDenied</Code>", 403),
        ("sts", "/?Action=GetCallerIdentity", b"<Code>MissingAuthenticationToken</Code>", 403),
    ],
)
def test_no_unsigned_call_is_served(toys: Toys, service: str, target: str, code: bytes, status: int) -> None:
    answer = toys.wire.send("GET", target)
    assert (answer.status, code in answer.body) == (status, True), service
    assert toys.calls == []


@pytest.mark.parametrize(
    ("service", "target", "codes"),
    [
        ("signer", PROFILE, ("InvalidSignatureException", "UnrecognizedClientException")),
        (
            "lambda",
            "/2015-03-31/functions/f/configuration",
            ("InvalidSignatureException", "UnrecognizedClientException"),
        ),
        ("s3", "/bucket/key", ("SignatureDoesNotMatch", "InvalidAccessKeyId")),
        ("sts", "/?Action=GetCallerIdentity&Version=2011-06-15", ("SignatureDoesNotMatch", "InvalidClientTokenId")),
    ],
)
def test_a_wrong_secret_and_an_unknown_key_get_the_codes_of_aws(
    toys: Toys, service: str, target: str, codes: tuple[str, str]
) -> None:
    wrong = toys.wire.replay(signed(service, "GET", target, key_id=toys.key.access_key_id, secret="wrong"))
    unknown = toys.wire.replay(signed(service, "GET", target))
    for answer, code in zip((wrong, unknown), codes, strict=True):
        assert code in answer.headers.get("x-amzn-errortype", answer.body.decode())
        assert answer.status == 403
    assert toys.calls == []


def test_a_key_id_that_is_none_is_unknown_and_not_looked_up(toys: Toys) -> None:
    made = signed("s3", "GET", "/bucket/key", presigned=True, key_id="AKIA\0", secret="wrong")
    assert b"<Code>InvalidAccessKeyId</Code>" in toys.wire.replay(made).body


def test_a_body_other_than_the_signed_one_reaches_no_handler(toys: Toys) -> None:
    target = "/2015-03-31/functions/f/code"
    made = request(toys, "lambda", "PUT", target, body=b'{"ZipFile": "UEs="}')
    assert toys.wire.replay(made, b'{"ZipFile": "AAAA"}').status == 403
    made = request(toys, "s3", "PUT", "/bucket/key", body=b"one")
    answer = toys.wire.replay(made, b"two")
    assert (answer.status, b"<Code>XAmzContentSHA256Mismatch</Code>" in answer.body) == (400, True)
    assert toys.calls == []
    assert toys.staged == []


def test_a_scope_of_another_service_does_not_open_this_one(toys: Toys) -> None:
    answer = toys.wire.replay(request(toys, "iam", "GET", PROFILE))
    assert answer.headers["x-amzn-errortype"] == "InvalidSignatureException"
    answer = toys.wire.replay(request(toys, "lambda", "GET", PROFILE))
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (404, "UnknownOperationException")
    assert toys.calls == []


def test_an_upload_is_staged_checked_and_discarded(toys: Toys) -> None:
    data = bytes(range(256)) * 20_000
    toys.wire.client("s3").put_object(Bucket="bucket", Key="key", Body=data, ChecksumAlgorithm="SHA256")
    ((stored, upload),) = toys.uploads
    assert stored == data
    assert upload.size == len(data)
    assert list(upload.checksums) == ["sha256"]
    assert toys.staged == []


def test_signed_chunks_are_verified_with_the_key_and_signature_of_the_request(toys: Toys) -> None:
    stated = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    headers = {"X-Amz-Decoded-Content-Length": "3"}
    made = request(toys, "s3", "PUT", "/bucket/key", payload=stated, headers=headers)
    claim = parse_claim(made)
    assert claim is not None
    key = derive_key(toys.key.secret, claim.scope)
    chunks = ChunkKey(key=key, timestamp=claim.timestamp, scope=claim.scope, seed=claim.signature)
    first = chunks.sign_chunk(claim.signature, hashlib.sha256(b"abc").hexdigest())
    last = chunks.sign_chunk(first, EMPTY_SHA256)
    body = f"3;chunk-signature={first}\r\nabc\r\n0;chunk-signature={last}\r\n\r\n".encode()
    altered = toys.wire.replay(made, body.replace(b"abc", b"abd"))
    assert (altered.status, b"<Code>SignatureDoesNotMatch</Code>" in altered.body) == (403, True)
    assert toys.uploads == []
    assert toys.wire.replay(made, body).status == 200
    assert toys.uploads[0][0] == b"abc"
    assert toys.start(auth="none").replay(made, body).status == 200


def test_chunks_cannot_be_signed_where_a_link_gives_no_key_for_them(toys: Toys) -> None:
    headers = {"x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "x-amz-decoded-content-length": "3"}
    link = linked(
        "PUT",
        "/bucket/key",
        headers=headers,
        key_id=toys.key.access_key_id,
        secret=toys.key.secret,
        expires=int(system_clock().timestamp()) + 60,
    )
    answer = toys.wire.replay(link, b"3;chunk-signature=00\r\nabc\r\n0;chunk-signature=00\r\n\r\n")
    assert (answer.status, b"<Code>InvalidRequest</Code>" in answer.body) == (400, True)
    assert toys.uploads == []


def test_an_upload_whose_client_goes_away_leaves_nothing(toys: Toys) -> None:
    made = request(toys, "s3", "PUT", "/bucket/key", body=b"0123456789")
    answer = toys.wire.send("PUT", "/bucket/key", list(made.headers.items()), [b"01234", None])
    assert answer.status == 0
    assert toys.calls == []
    assert toys.staged == []


def test_an_upload_must_say_how_long_it_is(toys: Toys) -> None:
    made = request(toys, "s3", "PUT", "/bucket/key", body=b"abc")
    headers = [*made.headers.items(), ("transfer-encoding", "chunked")]
    answer = toys.wire.send("PUT", "/bucket/key", headers, [b"abc"], with_length=False)
    assert (answer.status, b"<Code>MissingContentLength</Code>" in answer.body) == (411, True)
    assert toys.calls == []


def test_a_client_that_waits_for_leave_to_send_is_refused_before_it_sends(toys: Toys) -> None:
    wrong = signed("s3", "PUT", "/bucket/key", body=b"abc", headers={"Expect": "100-continue"})
    answer = toys.wire.replay(wrong, b"abc")
    assert (answer.status, answer.headers["connection"]) == (403, "close")


def test_a_file_is_sent_in_part_with_the_handlers_status_and_headers(toys: Toys) -> None:
    answer = toys.wire.replay(request(toys, "s3", "GET", "/bucket/key"))
    assert (answer.status, answer.body) == (206, STORED[2:7])
    assert (answer.headers["content-length"], answer.headers["x-toy"]) == ("5", "1")


def test_a_file_that_is_gone_is_a_500(toys: Toys) -> None:
    answer = toys.wire.replay(request(toys, "s3", "GET", "/bucket/key?versionId=1"))
    assert (answer.status, b"<Code>InternalError</Code>" in answer.body) == (500, True)


def test_a_header_of_the_answer_cannot_be_split_by_the_request(toys: Toys) -> None:
    answer = toys.wire.replay(request(toys, "s3", "GET", "/bucket/key?response-content-type=a%0D%0Ab%3A%20c"))
    assert answer.status == 400
    assert "b" not in answer.headers


def test_a_head_has_the_length_and_no_body(toys: Toys) -> None:
    answer = toys.wire.replay(request(toys, "s3", "HEAD", "/bucket/key"))
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "10")
    answer = toys.wire.replay(request(toys, "s3", "HEAD", "/bucket"))
    assert (answer.status, answer.body) == (501, b"")


@pytest.mark.parametrize(
    ("service", "target"), [("signer", PROFILE), ("s3", "/bucket/key"), ("sts", "/?Action=GetCallerIdentity")]
)
def test_every_answer_has_a_request_id_of_its_own(toys: Toys, service: str, target: str) -> None:
    name = "x-amz-request-id" if service == "s3" else "x-amzn-requestid"
    answers = [toys.wire.replay(request(toys, service, "GET", target)), toys.wire.send("GET", target)]
    ids = [answer.headers[name] for answer in answers]
    assert len(set(ids)) == 2
    assert ids[1] in answers[1].body.decode() or service == "signer"
    assert all(("x-amz-id-2" in answer.headers) is (service == "s3") for answer in answers)


def test_the_health_check_needs_no_signature(toys: Toys) -> None:
    answer = toys.wire.send("GET", "/_sealgate/health")
    assert (answer.status, orjson.loads(answer.body)) == (200, {"status": "ok", "version": __version__})


def test_a_large_document_of_lambda_arrives_and_one_too_large_is_refused_before_it_does(toys: Toys) -> None:
    client = toys.wire.client("lambda")
    assert client.update_function_code(FunctionName="f", ZipFile=bytes(5_000_000))["CodeSize"] == 5_000_000
    headers = [*request(toys, "lambda", "PUT", "/2015-03-31/functions/f/code").headers.items()]
    answer = toys.wire.send("PUT", "/2015-03-31/functions/f/code", [*headers, ("content-length", "70167212")], [None])
    assert answer.status == 413
    assert answer.headers["x-amzn-errortype"] == "RequestEntityTooLargeException"
    assert b"Request must be smaller than 70167211 bytes for the UpdateFunctionCode operation" in answer.body


def test_each_call_is_logged_once_with_how_it_ended(toys: Toys, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="sealgate.access")
    toys.wire.client("signer").get_signing_profile(profileName="ab")
    toys.wire.send("GET", PROFILE)
    lines = [record.getMessage() for record in caplog.records if record.name == "sealgate.access"]
    assert len(lines) == 2
    assert "action=signer:GetSigningProfile" in lines[0]
    assert "principal=arn:aws:iam::111122223333:root" in lines[0]
    assert "status=200 error=-" in lines[0]
    assert "principal=- action=signer:- resource='-' status=403 error=MissingAuthenticationTokenException" in lines[1]
    assert toys.key.secret not in caplog.text


@pytest.mark.parametrize("body", [b"", b"{}", b"Action=GetCallerIdentity&Action=B", b"Action=%ff"])
def test_a_form_that_names_no_operation_is_refused(toys: Toys, body: bytes) -> None:
    answer = toys.wire.replay(request(toys, "sts", "POST", "/", body=body), body)
    assert answer.status == 400


def test_an_action_that_there_is_not_is_refused_in_the_words_of_aws(toys: Toys) -> None:
    body = b"Action=GetNothing&Version=2011-06-15"
    answer = toys.wire.replay(request(toys, "sts", "POST", "/", body=body), body)
    assert answer.status == 400
    assert b"<Code>InvalidAction</Code>" in answer.body
    assert b"<Message>Could not find operation GetNothing for version 2011-06-15</Message>" in answer.body


def test_a_query_that_is_not_utf_8_is_refused_as_that(toys: Toys) -> None:
    answer = toys.wire.send("GET", f"{PROFILE}?a=%ff")
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (400, "SerializationException")


def test_unsigned_calls_are_served_where_the_operator_says_so(toys: Toys) -> None:
    wire = toys.start(auth="none", account="444455556666", region="eu-west-1")
    answer = wire.send("GET", "/?Action=GetCallerIdentity")
    assert b"<Account>444455556666</Account>" in answer.body
    assert wire.send("GET", PROFILE).status == 200
    assert toys.calls[-1].region == "eu-west-1"
    assert wire.send("PUT", "/bucket/key", body=[b"abc"]).status == 200
    assert toys.calls[-1].presigned_url("/path", lifetime=_MINUTE) == "http://127.0.0.1:4566/path"
    signed_wrongly = signed("sts", "GET", "/?Action=GetCallerIdentity", key_id=toys.key.access_key_id, secret="wrong")
    assert b"<Account>111122223333</Account>" in wire.replay(signed_wrongly).body


def test_a_link_of_the_server_works_as_its_caller_until_it_expires(toys: Toys) -> None:
    toys.wire.client("lambda").update_function_code(FunctionName="f", ZipFile=b"PK")
    link = toys.calls[-1].presigned_url("/2015-03-31/functions/f/configuration", lifetime=_MINUTE)
    target = link.removeprefix("http://127.0.0.1:4566")
    assert toys.wire.send("GET", target).status == 404  # the handler's own answer
    assert len(toys.calls) == 2
    assert toys.wire.send("GET", target.replace("/f/", "/g/")).status == 403
    assert toys.wire.send("GET", target.replace("X-Amz-Expires=60", "X-Amz-Expires=61")).status == 403
    assert len(toys.calls) == 2


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_link_of_either_version_that_stock_clients_make_works(toys: Toys, version: str) -> None:
    client = toys.wire.client("s3", signature_version=version)
    get = _target(client.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "a b"}))
    assert toys.wire.send("GET", get).body == STORED[2:7]
    put = _target(client.generate_presigned_url("put_object", {"Bucket": "bucket", "Key": "k", "Metadata": {"a": "1"}}))
    headers = [("x-amz-meta-a", "1")] if version == "s3v4" else []
    assert toys.wire.send("PUT", put, headers, [b"abc"]).status == 200
    assert toys.uploads[-1][0] == b"abc"
    served = len(toys.calls)
    assert toys.wire.send("GET", get.replace("/a%20b", "/a%20c")).status == 403
    assert toys.wire.send("PUT", get, [], [b"abc"]).status == 403
    assert toys.wire.send("GET", get.replace(toys.key.access_key_id, "AKIANOBODY")).status == 403
    assert len(toys.calls) == served


def test_a_link_of_version_2_expires(toys: Toys) -> None:
    client = toys.wire.client("s3", signature_version="s3")
    link = client.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "k"}, ExpiresIn=-60)
    answer = toys.wire.send("GET", _target(link))
    assert (answer.status, b"Request has expired" in answer.body) == (403, True)
    assert toys.calls == []


@pytest.mark.parametrize(
    ("method", "change"),
    [
        ("DELETE", ("", "")),
        ("GET", ("/bucket/k?", "/bucket?")),
        ("GET", ("?", "?acl&")),
        ("GET", ("?", "?prefix=a&")),
        ("GET", ("?", "?x-amz-expected-bucket-owner=1&")),
        ("GET", ("Expires=", "Expires=1")),
        ("GET", ("Expires=", "Nothing=")),
        ("GET", ("Expires=", "Expires=1&Expires=")),
        ("GET", ("&Signature=", "&Signature=A")),
        ("GET", ("?", "?versionId=1&")),
    ],
)
def test_a_link_of_version_2_is_for_one_object_and_for_what_it_covers(
    toys: Toys, method: str, change: tuple[str, str]
) -> None:
    client = toys.wire.client("s3", signature_version="s3")
    link = _target(client.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "k"}))
    answer = toys.wire.send(method, link.replace(*change, 1) if change[0] else link)
    assert answer.status in (400, 403)
    assert toys.calls == []


def test_the_server_starts_and_stops_by_the_lifespan_protocol(toys: Toys) -> None:
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent: list[Any] = []

    async def receive() -> dict[str, str]:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    toys.wire.loop.run_until_complete(toys.wire.app({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def _target(link: str) -> str:
    return link.removeprefix("http://127.0.0.1:4566")
