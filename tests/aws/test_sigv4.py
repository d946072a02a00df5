import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealgate.aws import faults, sigv4
from sealgate.aws.request import EMPTY_SHA256, Request
from tests.support.signed import SECRET, moment, signed

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
HEADER = st.text("abcXYZ  ;,=/+-", max_size=20)
SERVICES = st.sampled_from(["signer", "lambda", "s3", "sts"])


def encoded(text: str) -> str:
    return quote(text, safe="-._~")


def verify(request: Request, payload: str, *, now: timedelta = timedelta(0), secret: str = SECRET) -> None:
    claim = sigv4.parse_claim(request)
    assert claim is not None
    sigv4.check_claim(claim, request, now=moment(request) + now)
    key = sigv4.derive_key(secret, claim.scope)
    sigv4.verify_signature(claim, key=key, canonical=sigv4.canonical_request(request, claim, payload))


def altered(request: Request, **changes: Any) -> Request:
    return request._replace(**changes)


TARGETS = st.builds(
    lambda segments, query: "/" + "/".join(map(encoded, segments)) + ("?" + "&".join(query) if query else ""),
    st.lists(TEXT.filter(lambda text: text not in (".", "..")), max_size=3),
    st.lists(st.builds(lambda name, value: f"{encoded(name)}={encoded(value)}", TEXT, TEXT), max_size=3),
)


@given(
    service=SERVICES,
    target=TARGETS,
    headers=st.dictionaries(st.sampled_from(["X-Amz-Meta-A", "Content-Type", "X-Amz-Target"]), HEADER, max_size=3),
    body=st.binary(max_size=40),
)
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_what_botocore_signs_is_accepted(service: str, target: str, headers: dict[str, str], body: bytes) -> None:
    request = signed(service, "POST", target, body=body, headers=headers)
    verify(request, hashlib.sha256(body).hexdigest())
    # botocore would move the body of a link into its query, so links are tried without one.
    link = signed(service, "POST", target, headers=headers, presigned=True)
    verify(link, "UNSIGNED-PAYLOAD" if service == "s3" else EMPTY_SHA256)


def test_the_documented_example_of_a_get_object_has_the_documented_signature() -> None:
    # Amazon S3 API reference, "Signature calculations for the Authorization header", example GET object.
    request = Request(
        method="GET",
        raw_path="/test.txt",
        query=(),
        headers={
            "host": "examplebucket.s3.amazonaws.com",
            "range": "bytes=0-9",
            "x-amz-content-sha256": EMPTY_SHA256,
            "x-amz-date": "20130524T000000Z",
            "authorization": "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        },
        scheme="http",
        host="examplebucket.s3.amazonaws.com",
        source_ip="",
    )
    verify(request, EMPTY_SHA256)


@pytest.mark.parametrize("presigned", [False, True], ids=["header", "link"])
@pytest.mark.parametrize(
    "change",
    [
        {"method": "DELETE"},
        {"raw_path": "/signing-profiles/other"},
        {"query": ()},
        {"headers": {}},
    ],
    ids=["another method", "another path", "another query", "other headers"],
)
def test_what_was_altered_on_the_way_is_refused(presigned: bool, change: dict[str, Any]) -> None:
    request = signed("signer", "GET", "/signing-profiles/mine?a=1", presigned=presigned)
    if "headers" in change:
        change = {"headers": {**request.headers, "host": "elsewhere"}}
    elif "query" in change:
        change = {"query": tuple((name, "2" if name == "a" else value) for name, value in request.query)}
    with pytest.raises(faults.SignatureMismatch):
        verify(altered(request, **change), EMPTY_SHA256)


def test_another_body_and_another_secret_are_refused() -> None:
    request = signed("signer", "POST", "/", body=b"one")
    with pytest.raises(faults.SignatureMismatch):
        verify(request, hashlib.sha256(b"two").hexdigest())
    with pytest.raises(faults.SignatureMismatch):
        verify(request, hashlib.sha256(b"one").hexdigest(), secret="another")


def test_a_header_of_amazons_that_was_added_on_the_way_is_refused() -> None:
    request = signed("s3", "PUT", "/bucket/key")
    added = altered(request, headers={**request.headers, "x-amz-acl": "public-read"})
    with pytest.raises(faults.HeadersNotSigned, match="x-amz-acl"):
        verify(added, EMPTY_SHA256)


def test_the_host_must_be_signed() -> None:
    request = signed("s3", "GET", "/")
    claim = request.headers["authorization"].replace("SignedHeaders=host;", "SignedHeaders=")
    with pytest.raises(faults.HeadersNotSigned, match="host"):
        verify(altered(request, headers={**request.headers, "authorization": claim}), EMPTY_SHA256)


def test_a_covered_header_that_did_not_arrive_is_refused() -> None:
    request = signed("lambda", "GET", "/", headers={"Content-Type": "text/plain"})
    headers = {name: value for name, value in request.headers.items() if name != "content-type"}
    with pytest.raises(faults.SignatureMismatch):
        verify(altered(request, headers=headers), EMPTY_SHA256)


@pytest.mark.parametrize(("minutes", "word"), [(15.1, "Signature expired"), (-15.1, "Signature not yet current")])
def test_a_signing_time_more_than_a_quarter_of_an_hour_away_is_refused(minutes: float, word: str) -> None:
    with pytest.raises(faults.SignatureExpired, match=word):
        verify(signed("signer", "GET", "/"), EMPTY_SHA256, now=timedelta(minutes=minutes))


@pytest.mark.parametrize("minutes", [14.9, -14.9])
def test_a_signing_time_within_a_quarter_of_an_hour_is_accepted(minutes: float) -> None:
    verify(signed("signer", "GET", "/"), EMPTY_SHA256, now=timedelta(minutes=minutes))


def test_a_link_works_for_its_lifetime_and_no_longer() -> None:
    link = signed("s3", "GET", "/bucket/key", presigned=True, expires=7200)
    verify(link, "UNSIGNED-PAYLOAD", now=timedelta(seconds=7200))
    with pytest.raises(faults.LinkExpired):
        verify(link, "UNSIGNED-PAYLOAD", now=timedelta(seconds=7201))
    with pytest.raises(faults.SignatureExpired):
        verify(link, "UNSIGNED-PAYLOAD", now=-timedelta(minutes=16))


def test_a_session_token_is_covered_in_headers_and_in_links() -> None:
    request = signed("s3", "GET", "/", token="token")
    verify(request, EMPTY_SHA256)
    with pytest.raises(faults.SignatureMismatch):
        verify(altered(request, headers={**request.headers, "x-amz-security-token": "other"}), EMPTY_SHA256)
    link = signed("s3", "GET", "/bucket/key", presigned=True, token="token")
    verify(link, "UNSIGNED-PAYLOAD")
    query = tuple((name, "other" if value == "token" else value) for name, value in link.query)
    with pytest.raises(faults.SignatureMismatch):
        verify(altered(link, query=query), "UNSIGNED-PAYLOAD")


def test_a_session_token_that_was_added_on_the_way_is_refused() -> None:
    request = signed("s3", "GET", "/")
    with pytest.raises(faults.HeadersNotSigned, match="x-amz-security-token"):
        verify(altered(request, headers={**request.headers, "x-amz-security-token": "token"}), EMPTY_SHA256)


def test_a_region_that_is_none_is_refused() -> None:
    request = signed("s3", "GET", "/")
    claim = request.headers["authorization"].replace("us-east-1", "anywhere")
    with pytest.raises(faults.WrongScope, match="anywhere"):
        verify(altered(request, headers={**request.headers, "authorization": claim}), EMPTY_SHA256)


@pytest.mark.parametrize(
    "header",
    [
        "Bearer token",
        "AWS AKIAIOSFODNN7EXAMPLE:frJIUN8DYpKDtOLCwo//yllqDzg=",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=a/20260102/us-east-1/s3/aws4_request, SignedHeaders=host",
        "AWS4-HMAC-SHA256 Credential=a/20260102/us-east-1/s3, SignedHeaders=host, Signature=" + "0" * 64,
        "AWS4-HMAC-SHA256 Credential=a/20260102/us-east-1/s3/aws5_request, SignedHeaders=host, Signature=" + "0" * 64,
        "AWS4-HMAC-SHA256 Credential=a/20260103/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=" + "0" * 64,
        "AWS4-HMAC-SHA256 Credential=a/20260102/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=zz",
    ],
)
def test_a_malformed_authorization_header_is_refused_as_that(header: str) -> None:
    request = signed("s3", "GET", "/")
    headers = {"host": "h", "authorization": header, "x-amz-date": "20260102T030405Z"}
    with pytest.raises(faults.MalformedSignature):
        sigv4.parse_claim(altered(request, headers=headers))


@pytest.mark.parametrize("date", ["", "2026-01-02T03:04:05Z", "20261332T000000Z", "20260102T030405"])
def test_a_signing_time_of_another_form_is_refused(date: str) -> None:
    request = signed("s3", "GET", "/")
    with pytest.raises(faults.MalformedSignature):
        sigv4.parse_claim(altered(request, headers={**request.headers, "x-amz-date": date}))


@pytest.mark.parametrize("name", ["X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-Signature"])
@pytest.mark.parametrize("times", [0, 2])
def test_a_link_that_lacks_a_parameter_or_has_it_twice_is_refused(name: str, times: int) -> None:
    link = signed("s3", "GET", "/", presigned=True)
    query = [pair for pair in link.query for _ in range(times if pair[0] == name else 1)]
    with pytest.raises(faults.MalformedPresignature):
        sigv4.parse_claim(altered(link, query=tuple(query)))


@pytest.mark.parametrize("seconds", ["604801", "-1", "1e3", "", "9" * 40])
def test_a_lifetime_out_of_its_range_is_refused(seconds: str) -> None:
    link = signed("s3", "GET", "/", presigned=True)
    query = tuple((name, seconds if name == "X-Amz-Expires" else value) for name, value in link.query)
    with pytest.raises(faults.MalformedPresignature):
        sigv4.parse_claim(altered(link, query=query))


def test_two_signatures_at_once_are_refused() -> None:
    link, request = signed("s3", "GET", "/", presigned=True), signed("s3", "GET", "/")
    with pytest.raises(faults.MalformedSignature):
        sigv4.parse_claim(altered(link, headers=request.headers))


def test_an_unsigned_request_has_no_claim() -> None:
    assert sigv4.parse_claim(altered(signed("s3", "GET", "/"), headers={"host": "h"})) is None


def test_derived_keys_are_remembered_up_to_a_limit() -> None:
    keys = sigv4.SigningKeys()
    scopes = [sigv4.CredentialScope(date=str(day), region="r", service="s") for day in range(2000)]
    first = keys.derive(SECRET, scopes[0])
    assert all(keys.derive(SECRET, scope) for scope in scopes)
    assert keys.derive(SECRET, scopes[0]) == first == sigv4.derive_key(SECRET, scopes[0])
    assert len(keys._kept) <= 1024
