"""The RPC v2 CBOR wire, byte by byte: what no client of AWS's sends, and what every client must be able to read."""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from awscrt.cbor import AwsCborDecoder, AwsCborEncoder

from sealgate.aws.api.cloudwatch import cloudwatch
from sealgate.aws.faults import Malformed
from sealgate.aws.protocols.cbor_body import Moment, encode_map, parse_map
from sealgate.aws.wire import Bound, Service
from sealgate.config import Config
from sealgate.server.house import House
from sealgate.server.lifecycle import make_app
from sealgate.store.identity import AccessKey
from tests.support.in_process import Answer, InProcess
from tests.support.signed import signed

PATH = "/service/GraniteServiceVersion20100801/operation/"
CBOR = {"smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor"}


@pytest.fixture
def wire(house: House, root_key: AccessKey) -> Iterator[InProcess]:
    wire = InProcess(app=make_app(house, (cloudwatch,), Config()), key=root_key)
    yield wire
    wire.close()


def written(value: Any) -> bytes:
    encoder = AwsCborEncoder()
    encoder.write_data_item(value)
    return bytes(encoder.get_encoded_data())


@pytest.mark.parametrize(
    "body",
    [
        b"\xff",
        b"\xa1",
        b"\xa1\x61a",
        b"\xa0\x00",
        b"\x80",
        b"\x01",
        b"\xf6",
        b"\xa1\x61a\x62\xff\xff",
        b"\xa1\x80\x01",
        b"\xa1\x61a\xc2\x41\x01",
        b"\xa1\x61a\xc1\x61b",
        b"\x81" * 1_000_000,
        b"\xa1\x61a" * 600_000,
        b"\x9f" * 1_000_000,
        b"\x9b\x0f\xff\xff\xff\xff\xff\xff\xff",
        b"\x9a\x7f\xff\xff\xff",
        b"\x9a\x00\x10\x00\x00" * 100 + b"\x01" * (1 << 20),
        b"\xa1\x61a\x7f\x61a\xff",
        b"\xa1\x61a\x9f" + b"\x01" * 100_000 + b"\xff",
        b"\xbb\x0f\xff\xff\xff\xff\xff\xff\xff",
        b"\x7b\x0f\xff\xff\xff\xff\xff\xff\xff",
        b"\xc1" * 100_000 + b"\x01",
    ],
    ids=[
        "a break alone",
        "no entries where one is said",
        "a key without its value",
        "more after the end",
        "a list",
        "a number",
        "null",
        "text that is not UTF-8",
        "a list for a key",
        "a tag that is not a moment's",
        "a moment that is a text",
        "a million lists",
        "600,000 maps",
        "a million lists without ends",
        "a list of 2^60",
        "a list of 2^31",
        "a hundred lists of 2^20 in each other",
        "a text in pieces",
        "a hundred thousand items",
        "a map of 2^60",
        "a text of 2^60",
        "100,000 tags",
    ],
)
def test_bytes_that_are_no_map_are_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse_map(body)


def test_an_empty_body_is_an_empty_map() -> None:
    assert parse_map(b"") == parse_map(b"\xa0") == parse_map(b"\xbf\xff") == {}


def test_moments_are_told_from_numbers() -> None:
    assert parse_map(b"\xa2\x61a\xc1\x05\x61b\x05") == {"a": Moment(5), "b": 5}


def test_doubles_keep_their_eight_bytes() -> None:
    assert encode_map({"a": [1.0, 0.5]}) == b"\xa1\x61a\x82\xfb" + struct.pack(">d", 1.0) + b"\xfb" + struct.pack(
        ">d", 0.5
    )


def test_what_is_written_is_read_as_it_was_meant() -> None:
    document = {"a": "text", "b": [1, -1, True], "c": {"d": b"bytes", "e": []}}
    moment = datetime(2026, 5, 1, 12, 30, 0, 250000, tzinfo=UTC)
    read = parse_map(encode_map({**document, "f": moment}))
    assert read.pop("f") == Moment(moment.timestamp())
    assert read == document


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("Namespace", 1),
        ("Namespace", b"bytes"),
        ("Namespace", "\0"),
        ("Period", "60"),
        ("Period", True),
        ("Period", 1.5),
        ("Period", 1 << 31),
        ("StartTime", 5),
        ("StartTime", "2026-05-01T12:00:00Z"),
        ("Statistics", "Sum"),
        ("Dimensions", {"Name": "a"}),
        ("Dimensions", [None]),
    ],
)
def test_members_of_another_type_are_refused(member: str, value: Any) -> None:
    service = Service(cloudwatch, strict_aws=False)
    bound = service._by_name["GetMetricStatistics"]
    assert isinstance(bound, Bound)
    encoded = written({member: value}) if value != [None] else b"\xa1\x6aDimensions\x81\xf6"
    with pytest.raises(Malformed, match=member[:1].lower() + member[1:]):
        bound.codec.parse(None, {}, encoded)  # type: ignore[arg-type] # the request has no part in it


@pytest.mark.parametrize("bits", [b"\xf9\x7e\x00", b"\xf9\x7c\x00"], ids=["not a number", "infinite"])
def test_moments_that_are_none_are_refused(bits: bytes) -> None:
    service = Service(cloudwatch, strict_aws=False)
    bound = service._by_name["GetMetricStatistics"]
    assert isinstance(bound, Bound)
    with pytest.raises(Malformed, match="startTime"):
        bound.codec.parse(None, {}, b"\xa1\x69StartTime\xc1" + bits)  # type: ignore[arg-type] # as above


def send(
    wire: InProcess, target: str, body: bytes = b"", *, method: str = "POST", protocol: str = "rpc-v2-cbor"
) -> Answer:
    headers = {**CBOR, "smithy-protocol": protocol}
    key_id, secret = wire.key.access_key_id, wire.key.secret
    request = signed("monitoring", method, target, body=body, headers=headers, key_id=key_id, secret=secret)
    return wire.replay(request, body)


def test_an_answer_names_the_protocol_and_the_request(wire: InProcess) -> None:
    answer = send(wire, PATH + "ListMetrics")
    assert (answer.status, answer.body) == (200, b"\xa1\x67Metrics\x80")
    assert answer.headers["smithy-protocol"] == "rpc-v2-cbor"
    assert answer.headers["content-type"] == "application/cbor"
    assert answer.headers["x-amzn-requestid"]


def test_an_error_names_itself_in_both_ways(wire: InProcess) -> None:
    answer = send(wire, PATH + "ListMetrics", written({"MetricName": ""}))
    body = AwsCborDecoder(answer.body).pop_next_data_item()
    assert (answer.status, body["__type"]) == (400, "ValidationException")
    assert body["message"].startswith("1 validation error detected: Value '' at 'metricName'")
    assert answer.headers["x-amzn-query-error"] == "ValidationError;Sender"
    assert answer.headers["smithy-protocol"] == "rpc-v2-cbor"


def test_a_broken_body_is_the_senders_fault(wire: InProcess) -> None:
    answer = send(wire, PATH + "ListMetrics", b"\xff")
    assert (answer.status, AwsCborDecoder(answer.body).pop_next_data_item()["__type"]) == (
        400,
        "SerializationException",
    )


@pytest.mark.parametrize(
    ("method", "target", "protocol"),
    [
        ("GET", PATH + "ListMetrics", "rpc-v2-cbor"),
        ("POST", PATH + "ListMetric", "rpc-v2-cbor"),
        ("POST", "/service/Granite/operation/ListMetrics", "rpc-v2-cbor"),
        ("POST", PATH + "ListMetrics/", "rpc-v2-cbor"),
        ("POST", PATH + "ListMetrics", "rpc-v2-json"),
        ("POST", "/", "rpc-v2-cbor"),
    ],
)
def test_what_names_no_operation_is_told(wire: InProcess, method: str, target: str, protocol: str) -> None:
    answer = send(wire, target, method=method, protocol=protocol)
    body = AwsCborDecoder(answer.body).pop_next_data_item()
    assert (answer.status, body["__type"]) == (404, "UnknownOperationException")


def test_an_unsigned_request_is_refused_in_its_own_protocol(wire: InProcess) -> None:
    answer = wire.send("POST", PATH + "ListMetrics", list(CBOR.items()))
    body = AwsCborDecoder(answer.body).pop_next_data_item()
    assert (answer.status, body["__type"]) == (403, "MissingAuthenticationTokenException")
