from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealgate.aws import faults, sigv2
from sealgate.aws.request import Request, parse_query
from tests.support.linked import EXPIRES, linked
from tests.support.signed import HOST, KEY_ID, SECRET

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
VALUE = TEXT.filter(lambda text: "&" not in text)
HEADER = st.text("abcXYZ09;,=/+- ü€", max_size=12).map(str.strip)
TYPES = st.sampled_from(["", "application/zip", "text/plain; charset=utf-8"])
UP_TO_A_WEEK = timedelta(days=7)


def moment(**before: float) -> datetime:
    return datetime.fromtimestamp(EXPIRES, UTC) - timedelta(**before)


def verify(request: Request, *, now: datetime | None = None, secret: str = SECRET) -> None:
    link = sigv2.find_link(request)
    assert link is not None
    sigv2.check_link(link, now=now or moment(hours=1))
    sigv2.verify_link(link, request, secret=secret)


def altered(request: Request, **changes: Any) -> Request:
    return request._replace(**changes)


def queried(request: Request, **changes: str) -> Request:
    """Answer a request whose parameters have other values; new ones come first."""
    kept = [(name, changes.get(name, value)) for name, value in request.query]
    names = {name for name, _ in kept}
    return altered(request, query=(*(pair for pair in changes.items() if pair[0] not in names), *kept))


def received(method: str, target: str, **headers: str) -> Request:
    path, _, query = target.partition("?")
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(
        method=method,
        raw_path=path,
        query=parse_query(query.encode()),
        headers={"host": HOST, **named},
        scheme="http",
        host=HOST,
        source_ip="",
    )


def as_bytes_read(text: str) -> str:
    """Answer a header as it is read when its text was sent in UTF-8."""
    return text.encode().decode("latin-1")


@given(
    method=st.sampled_from(["GET", "HEAD", "PUT"]),
    key=TEXT,
    parameters=st.dictionaries(st.sampled_from(sorted(sigv2._VALUED)), VALUE, max_size=4),
    amazon=st.dictionaries(st.sampled_from(["X-Amz-Meta-B", "x-amz-meta-a", "x-amz-acl"]), HEADER, max_size=3),
    content_type=TYPES,
    md5=st.sampled_from(["", "XUFAKrxLKna5cZ2REBfFkg=="]),
    are_sent=st.booleans(),
    in_host=st.booleans(),
)
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_what_botocore_signs_is_accepted(
    method: str,
    key: str,
    parameters: dict[str, str],
    amazon: dict[str, str],
    content_type: str,
    md5: str,
    are_sent: bool,
    in_host: bool,
) -> None:
    text = "&".join(f"{name}={quote(value, safe='-._~')}" for name, value in parameters.items())
    path = f"{'' if in_host else '/bucket'}/{quote(key, safe='-._~/')}"
    standard = {name: value for name, value in {"content-type": content_type, "content-md5": md5}.items() if value}
    sent = standard | ({name.lower(): as_bytes_read(value) for name, value in amazon.items()} if are_sent else {})
    request = linked(
        method,
        f"{path}?{text}" if text else path,
        headers=amazon | standard,
        sent=sent,
        host="bucket.localhost:4566" if in_host else HOST,
        bucket="bucket" if in_host else None,
    )
    verify(request)
    verify(altered(request, query=tuple(reversed(request.query))))
    for name in parameters:
        with pytest.raises(faults.SignatureMismatch):
            verify(queried(request, **{name: "another"}))


def test_the_documented_example_has_the_documented_signature() -> None:
    # S3 developer guide, "Signing and authenticating REST requests", query string authentication; in its first edition,
    # whose bucket's name the signature is still for.
    target = f"/johnsmith/photos/puppy.jpg?AWSAccessKeyId={KEY_ID}&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D"
    verify(received("GET", f"{target}&Expires=1175139620"), now=datetime(2007, 3, 29, 3, 40, tzinfo=UTC))


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (received("GET", "/b/k"), "GET\n\n\n1800000000\n/b/k"),
        (
            received("PUT", "/b/a%20b%2Bc", content_type="text/plain", content_md5="md5=="),
            "PUT\nmd5==\ntext/plain\n1800000000\n/b/a%20b%2Bc",
        ),
        (
            received("GET", "/b/k?versionId=v&response-content-type=a%2Fb&partNumber=1&x-id=GetObject"),
            "GET\n\n\n1800000000\n/b/k?partNumber=1&response-content-type=a/b&versionId=v",
        ),
        (
            received("PUT", "/b/k?x-amz-meta-b=1%202&X-Amz-Meta-A=%C3%BC", x_amz_acl=" private\t"),
            "PUT\n\n\n1800000000\nx-amz-acl:private\nx-amz-meta-a:ü\nx-amz-meta-b:1 2\n/b/k",
        ),
        (received("GET", "/b/k?tagging&acl="), "GET\n\n\n1800000000\n/b/k?acl&tagging"),
    ],
    ids=["plain", "an upload", "parameters", "amazon's headers", "sub-resources without a value"],
)
def test_the_string_to_sign_is_the_documented_one(request_: Request, text: str) -> None:
    link = sigv2.Link(access_key_id=KEY_ID, bucket="b", expires="1800000000", signature="")
    assert sigv2.string_to_sign(link, request_).decode() == text


def test_a_link_says_whose_object_it_is_for_wherever_its_bucket_stands() -> None:
    in_path = sigv2.find_link(linked("GET", "/my-bucket/a/b"))
    in_host = sigv2.find_link(linked("GET", "/a/b", host="my-bucket.s3.localhost", bucket="my-bucket"))
    assert in_path is not None
    assert in_host is not None
    assert in_path.bucket == in_host.bucket == "my-bucket"
    assert in_path.signature == in_host.signature


@pytest.mark.parametrize(
    "change",
    [
        {"method": "DELETE"},
        {"method": "GET"},
        {"raw_path": "/bucket/other"},
        {"raw_path": "/other/key"},
        {"host": "bucket.localhost"},
        {"headers": {"host": HOST}},
        {"headers": {"host": HOST, "content-type": "text/html"}},
        {"headers": {"host": HOST, "content-type": "text/plain", "x-amz-acl": "public-read"}},
        {"headers": {"host": HOST, "content-type": "text/plain", "x-amz-meta-a": "2"}},
        {"headers": {"host": HOST, "content-type": "text/plain", "content-md5": "md5=="}},
    ],
)
def test_what_was_altered_on_the_way_is_refused(change: dict[str, Any]) -> None:
    signed = {"content-type": "text/plain", "x-amz-meta-a": "1"}
    request = linked("PUT", "/bucket/key", headers=signed, sent={"content-type": "text/plain"})
    verify(request)
    with pytest.raises(faults.SignatureMismatch):
        verify(altered(request, **change))


@pytest.mark.parametrize(
    "change",
    [
        {"versionId": "2"},
        {"response-content-type": "text/html"},
        {"Expires": str(EXPIRES + 1)},
        {"Expires": f"0{EXPIRES}"},
        {"Signature": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="},
        {"Signature": "ü"},
        {"x-amz-meta-a": "1"},
        {"uploadId": "u"},
        {"tagging": ""},
        {"acl": ""},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_query_is_refused(change: dict[str, str]) -> None:
    request = linked("GET", "/bucket/key?versionId=1")
    with pytest.raises(faults.SignatureMismatch):
        verify(queried(request, **change))
    with pytest.raises(faults.SignatureMismatch):
        verify(altered(request, query=request.query[1:]))


def test_another_secret_is_refused() -> None:
    with pytest.raises(faults.SignatureMismatch):
        verify(linked("GET", "/bucket/key"), secret="another")


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("DELETE", "/bucket/key"),
        ("POST", "/bucket/key?uploads"),
        ("GET", "/bucket/key?tagging"),
        ("PUT", "/bucket/key?acl"),
        ("GET", "/bucket/key?attributes"),
        ("GET", "/bucket/key?prefix=a"),
        ("GET", "/bucket/key?X-Amz-Expires=60"),
    ],
)
def test_what_the_version_leaves_open_or_other_calls_are_refused_though_rightly_signed(
    method: str, target: str
) -> None:
    request = linked(method, target)
    if "attributes" in target or "X-Amz-" in target:  # AWS signs it, botocore does not
        link = sigv2.find_link(request)
        assert link is not None
        request = queried(request, Signature=_sign(link, request))
    with pytest.raises(faults.UnsupportedSignature):
        verify(request)


def _sign(link: sigv2.Link, request: Request) -> str:
    import base64  # noqa: PLC0415
    import hmac  # noqa: PLC0415

    return base64.b64encode(hmac.digest(SECRET.encode(), sigv2.string_to_sign(link, request), "sha1")).decode()


@pytest.mark.parametrize("target", ["/", "/bucket", "/bucket/", "/bucket?location", "/?Action=GetCallerIdentity"])
def test_only_objects_have_links(target: str) -> None:
    with pytest.raises(faults.UnsupportedSignature):
        sigv2.find_link(linked("GET", target))


@pytest.mark.parametrize("name", ["AWSAccessKeyId", "Expires", "Signature", "versionId", "x-amz-meta-a", "utm"])
def test_no_parameter_may_be_given_twice(name: str) -> None:
    request = linked("GET", "/bucket/key?versionId=1&utm=1", headers={"x-amz-meta-a": "1"})
    for spelling in (name, name.upper()):
        twice = altered(request, query=(*request.query, (spelling, dict(request.query)[name])))
        with pytest.raises(faults.MalformedLink, match="twice"):
            sigv2.find_link(twice)


@pytest.mark.parametrize("name", ["AWSAccessKeyId", "Expires", "Signature"])
@pytest.mark.parametrize("is_empty", [False, True])
def test_a_link_that_lacks_a_parameter_is_refused(name: str, is_empty: bool) -> None:
    request = linked("GET", "/bucket/key")
    query = ((each, "" if is_empty else value) for each, value in request.query if is_empty or each != name)
    with pytest.raises(faults.MalformedLink, match="requires the Signature, Expires and AWSAccessKeyId"):
        sigv2.find_link(altered(request, query=tuple(query)))


@pytest.mark.parametrize("expires", ["-1", "1e9", "9" * 40, "2027-01-01T00:00:00Z", "1800000000.0", "١٨٠٠٠٠٠٠٠٠"])
def test_a_time_of_another_form_is_refused(expires: str) -> None:
    with pytest.raises(faults.MalformedLink, match="Invalid date"):
        sigv2.find_link(queried(linked("GET", "/bucket/key"), Expires=expires))


def test_a_link_works_until_it_expires_and_no_longer() -> None:
    verify(linked("GET", "/bucket/key"), now=moment())
    with pytest.raises(faults.LinkExpired):
        verify(linked("GET", "/bucket/key"), now=moment(seconds=-0.001))


def test_a_link_may_live_for_a_week_by_a_clock_that_is_ahead_and_no_longer() -> None:
    verify(linked("GET", "/bucket/key"), now=moment(days=7))
    verify(linked("GET", "/bucket/key"), now=moment(days=7, minutes=15))
    with pytest.raises(faults.MalformedLink, match="a week"):
        verify(linked("GET", "/bucket/key"), now=moment(days=7, minutes=15, seconds=1))


def test_a_session_token_is_covered_wherever_it_stands() -> None:
    link = linked("GET", "/bucket/key", token="token")
    verify(link)
    changed = tuple((name, "other" if value == "token" else value) for name, value in link.query)
    without = tuple(pair for pair in link.query if pair[1] != "token")
    for query in (changed, without):
        with pytest.raises(faults.SignatureMismatch):
            verify(altered(link, query=query))
    plain = linked("GET", "/bucket/key")
    for added in (
        queried(plain, **{"X-Amz-Security-Token": "token"}),
        altered(plain, headers={**plain.headers, "x-amz-security-token": "token"}),
    ):
        with pytest.raises(faults.SignatureMismatch):
            verify(added)


@pytest.mark.parametrize(
    ("signed", "shown"),
    [
        ({"x-amz-meta-a": "1", "x-amz-meta-b": "2"}, {"x-amz-meta-a": "1\nx-amz-meta-b:2"}),
        ({"x-amz-meta-a": "1:2"}, {"x-amz-meta-a:1": "2"}),
        ({"x-amz-meta-a": "1", "x-amz-meta-b": "2"}, {"x-amz-meta-a:1\nx-amz-meta-b": "2"}),
    ],
    ids=["two headers as one", "a header's value in its name", "two headers in a name"],
)
def test_headers_cannot_be_shown_as_others(signed: dict[str, str], shown: dict[str, str]) -> None:
    request = linked("PUT", "/bucket/key", headers=signed)
    kept = [pair for pair in request.query if pair[0] not in signed]
    disguised = altered(request, query=(*shown.items(), *kept))
    link = sigv2.find_link(request)
    assert link is not None
    assert sigv2.string_to_sign(link, disguised) == sigv2.string_to_sign(link, request)
    with pytest.raises(faults.MalformedLink):
        verify(disguised)


def test_an_old_version_cannot_be_shown_as_a_part_of_another_parameter() -> None:
    request = linked("GET", "/bucket/key?response-content-type=text%2Fplain&versionId=1")
    disguised = altered(request, query=(("response-content-type", "text/plain&versionId=1"), *request.query[2:]))
    link = sigv2.find_link(request)
    assert link is not None
    assert sigv2.string_to_sign(link, disguised) == sigv2.string_to_sign(link, request)
    with pytest.raises(faults.MalformedLink, match="holds another"):
        verify(disguised)
    verify(linked("GET", "/bucket/key?response-content-disposition=a%26b.zip"))


def test_any_other_request_is_no_link() -> None:
    assert sigv2.find_link(received("GET", "/bucket/key?versionId=1&Expires=1")) is None
    request = received("GET", "/bucket/key?versionId=1&Expires=1&content-type=a")
    assert sigv2.without_link(request) is request


def test_what_is_left_of_a_link_is_what_it_asks_for() -> None:
    request = linked("PUT", "/b/k?versionId=1", headers={"content-type": "a/b", "x-amz-meta-a": "1"})
    meant = sigv2.without_link(request).hoisted()
    assert meant.query == (("versionId", "1"),)
    assert meant.headers == {"host": HOST, "x-amz-meta-a": "1"}
