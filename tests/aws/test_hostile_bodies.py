"""Whatever the bytes are, they end in an error of our family, and soon."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sealgate.aws.faults import Malformed, UnsupportedMember
from sealgate.aws.model import load_model
from sealgate.aws.protocols.codec import Codec
from sealgate.aws.protocols.query import QueryCodec
from sealgate.aws.protocols.rest_json import RestJsonCodec
from sealgate.aws.protocols.rest_xml import RestXmlCodec
from sealgate.aws.protocols.xml_document import parse_document
from sealgate.aws.relaxations import Dialect
from sealgate.aws.request import Request, parse_query
from sealgate.errors import SealgateError

QUICK = settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def request(target: str = "/", headers: dict[str, str] | None = None) -> Request:
    path, _, query = target.partition("?")
    return Request(
        method="POST",
        raw_path=path,
        query=parse_query(query.encode()),
        headers=headers or {},
        scheme="http",
        host="localhost",
        source_ip="",
    )


CODECS: dict[str, Callable[[Any, Dialect], Codec]] = {
    "rest-json": RestJsonCodec,
    "rest-xml": RestXmlCodec,
    "query": QueryCodec,
}


def codec(service: str, operation: str) -> Codec:
    model, dialect = load_model(service).operation_model(operation), Dialect(service, strict_aws=False)
    return CODECS[model.service_model.metadata["protocol"]](model, dialect)


JSON = codec("signer", "PutSigningProfile")
FUNCTION = codec("lambda", "CreateFunction")
XML = codec("s3", "DeleteObjects")
JSON_LABELS, XML_LABELS = {"profileName": "p"}, {"Bucket": "b"}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"platformId": 1}',
        b'{"platformId": ["a"]}',
        b'{"platformId": "a\\u0000b"}',
        b'{"platformId": "\\ud800"}',
        b'{"tags": {"a": null}}',
        b'{"tags": []}',
        b'{"tags": {"a\\u0000": "b"}}',
        b'{"signatureValidityPeriod": {"value": "1"}}',
        b'{"signatureValidityPeriod": {"value": 1.5}}',
        b'{"signatureValidityPeriod": {"value": true}}',
        b'{"signatureValidityPeriod": {"value": 2147483648}}',
        b'{"signatureValidityPeriod": {"value": 1e400}}',
        b'{"signatureValidityPeriod": 1}',
    ],
)
def test_a_json_body_of_another_form_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        JSON.parse(request(), JSON_LABELS, body)


@pytest.mark.parametrize(
    ("body", "member"),
    [
        (b'{"Sandbox": "off"}', "sandbox"),
        (b'{"platformid": "a"}', "platformid"),
        (b'{"signatureValidityPeriod": {"value": 1, "unit": "x"}}', "signatureValidityPeriod.unit"),
        (b'{"profileName": "other"}', "profileName"),
    ],
)
def test_a_member_that_no_model_has_is_refused_by_name(body: bytes, member: str) -> None:
    with pytest.raises(UnsupportedMember, match=f"'{member}'"):
        JSON.parse(request(), JSON_LABELS, body)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"platformId": "a", "platformId": "a"}', "platformId"),
        (b'{"platformId":"a","tags":{"k":"v"},"platformId":"b:c"}', "platformId"),
        (b'{"platformId": "arn:aws:a", "platform\\u0049d": "b"}', "platformId"),
        (b'{"platformId" : "\\u003a", "platformId" : "x"}', "platformId"),
        (b'{"platformId": "x", "platformId": "\\u003A\\u003A"}', "platformId"),
        (b'{"platformId": null, "platformId": "a"}', "platformId"),
        (b'{"tags": {"k": "v", "k": ":"}}', "k"),
        (b'{"tags": {"a:b": "v", "a:b": "v"}}', "a:b"),
        (b'{"signatureValidityPeriod": {"value": 1, "value": 2, "type": "DAYS"}}', "value"),
        (b'{"platformId": ' + b"[" * 900 + b"1" + b"]" * 900 + b', "platformId": "a"}', "platformId"),
    ],
)
def test_a_name_that_is_given_twice_is_malformed_and_named(body: bytes, name: str) -> None:
    with pytest.raises(Malformed, match=f"gives '{name}' twice|nested too deep"):
        JSON.parse(request(), JSON_LABELS, body)


@pytest.mark.parametrize(
    "text", ["", ":", "a:b:c", "\\u003a", '"a": "b", "a": "b"', "\u00e9:", "\n\t", ":" * 5000, "x" * 4096 + ":"]
)
def test_no_text_is_taken_for_a_name_that_is_given_twice(text: str) -> None:
    tags = {f"k{text}": text, "other": f"{text}{text}"}
    for ascii_only in (True, False):
        body = json.dumps({"tags": tags, "platformId": "p"}, ensure_ascii=ascii_only).encode()
        assert JSON.parse(request(), JSON_LABELS, body)["tags"] == tags


def test_null_is_absence() -> None:
    assert JSON.parse(request(), JSON_LABELS, b'{"platformId": null}') == {"profileName": "p"}


@pytest.mark.parametrize("blob", ['"a"', '"====" ', '"a b="', "1", '"\\u00e9"'])
def test_a_blob_that_is_not_base64_is_malformed(blob: str) -> None:
    with pytest.raises(Malformed):
        FUNCTION.parse(request(), {}, b'{"Code": {"ZipFile": %s}}' % blob.encode())


@pytest.mark.parametrize(
    "body",
    [
        b"<Delete>",
        b"<Delete></Other>",
        b"not xml",
        b"<Other/>",
        b"<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>",
        b"<Delete><Unknown/></Delete>",
        b"<Delete><Quiet>perhaps</Quiet></Delete>",
        b'<!DOCTYPE d [<!ENTITY a "1">]><Delete><Object><Key>&a;</Key></Object></Delete>',
        b'<!DOCTYPE d SYSTEM "file:///etc/passwd"><Delete/>',
        b"<Delete><Object><Key>&undefined;</Key></Object></Delete>",
        b'<?xml version="1.0" encoding="nonsense"?><Delete/>',
        b"<a>" * 1000,
        b"<Delete><Object><Key>\x00</Key></Object></Delete>",
    ],
)
def test_an_xml_body_of_another_form_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        XML.parse(request("/?delete"), XML_LABELS, body)


def test_an_xml_body_is_read_with_and_without_its_namespace() -> None:
    plain = b"<Delete><Object><Key> a &amp; b </Key></Object><Quiet> true </Quiet></Delete>"
    spaced = plain.replace(b"<Delete>", b'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">')
    expected = {"Bucket": "b", "Delete": {"Objects": [{"Key": " a & b "}], "Quiet": True}}
    assert XML.parse(request("/?delete"), XML_LABELS, plain) == expected
    assert XML.parse(request("/?delete"), XML_LABELS, spaced) == expected


@pytest.mark.parametrize(
    ("operation", "target", "headers"),
    [
        ("ListObjectsV2", "/b?list-type=2&prefix=a&prefix=b", {}),
        ("ListObjectsV2", "/b?list-type=2&max-keys=many", {}),
        ("ListObjectsV2", "/b?list-type=2&fetch-owner=yes", {}),
        ("ListObjectsV2", "/b?list-type=2&prefix=%00", {}),
        ("GetObject", "/b/k", {"if-modified-since": "yesterday"}),
        ("GetObject", "/b/k", {"if-modified-since": "Mon, 99 Xxx 99999 99:99:99 GMT"}),
        ("PutObject", "/b/k", {"content-length": "many"}),
    ],
)
def test_a_parameter_of_another_type_is_malformed(operation: str, target: str, headers: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        codec("s3", operation).parse(request(target, headers), {"Bucket": "b", "Key": "k"}, b"")


@pytest.mark.parametrize(
    ("target", "headers"),
    [("/b/k?policy=1", {}), ("/b/k", {"x-amz-whatever": "1"}), ("/b/k?X-Amz-Whatever=1", {})],
)
def test_what_s3_does_not_model_for_an_operation_is_refused_by_name(target: str, headers: dict[str, str]) -> None:
    with pytest.raises(UnsupportedMember, match=r"policy|whatever|Whatever"):
        codec("s3", "GetObject").parse(request(target, headers), {"Bucket": "b", "Key": "k"}, b"")


@pytest.mark.parametrize(
    "body",
    [
        b"Action=A&Action=B",
        b"Action=%ff",
        b"a=1&a.b=2",
        b"a.b=2&a=1",
        b"&".join(b"a%d=1" % number for number in range(3000)),
        b"\xff",
    ],
)
def test_a_form_that_contradicts_itself_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        codec("sts", "AssumeRole").parse(request(), {}, body)


@pytest.mark.parametrize("body", [b"Tags=1", b"Tags.member.x=1", b"Tags.member.1=1", b"RoleArn.a=1"])
def test_a_form_of_another_shape_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        codec("sts", "AssumeRole").parse(request(), {}, body)


def test_a_form_reads_nested_lists_in_their_order() -> None:
    body = b"Action=AssumeRole&Tags.member.2.Key=b&Tags.member.1.Key=a&DurationSeconds=900&PolicyArns="
    parsed = codec("sts", "AssumeRole").parse(request(), {}, body)
    assert parsed == {"Tags": [{"Key": "a"}, {"Key": "b"}], "DurationSeconds": 900, "PolicyArns": []}


def test_a_parameter_that_no_form_has_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedMember, match="sandbox"):
        codec("sts", "GetCallerIdentity").parse(request(), {}, b"Action=GetCallerIdentity&Sandbox=off")


@given(body=st.binary(max_size=200))
@example(body=b"\xef\xbb\xbf<a/>")
@example(body=b"<a xmlns:b='c'><b:d/></a>")
@QUICK
def test_no_bytes_break_a_parser(body: bytes) -> None:
    for parse in (
        lambda: JSON.parse(request(), JSON_LABELS, body),
        lambda: XML.parse(request("/?delete"), XML_LABELS, body),
        lambda: codec("sts", "AssumeRole").parse(request(), {}, body),
        lambda: parse_document(body),
    ):
        _survive(parse)


def _survive(parse: Any) -> None:
    try:
        parse()
    except SealgateError:
        return


def test_no_single_change_of_a_good_document_breaks_a_parser() -> None:
    good = b'<Delete xmlns="u:x"><Object><Key>a&amp;b</Key></Object><Quiet>true</Quiet></Delete>'
    rng = random.Random(3)  # noqa: S311 - places to change, no secrets
    for _ in range(1000):
        body = bytearray(good)
        body[rng.randrange(len(body))] = rng.randrange(256)
        _survive(lambda body=bytes(body): XML.parse(request("/?delete"), XML_LABELS, body))
