"""What stock clients send that boto3 does not: links, chunked bodies, host names, the command line."""

import base64
import hashlib
import socket
import zlib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.support.command_line import run_aws
from tests.support.s3_client import S3, refusal, send

STREAMED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


def _link(s3: S3, operation: str, **members: str) -> str:
    """Make a link of the signature's version 4: for links, boto3 takes version 2 unless it is told."""
    client = s3.server.client("s3", signature_version="s3v4")
    parts = urlsplit(client.generate_presigned_url(operation, {"Bucket": s3.bucket} | members, ExpiresIn=60))
    return f"{parts.path}?{parts.query}"


def test_a_presigned_link_reads_and_one_that_was_altered_does_not(s3: S3) -> None:
    s3.put()
    link = _link(s3, "get_object", Key="app.zip")
    assert send(s3.server, "GET", link, signed=False).content == b"content"
    s3.put("other.zip")
    altered = send(s3.server, "GET", link.replace("app.zip", "other.zip"), signed=False)
    assert altered.status_code == 403
    assert b"<Code>SignatureDoesNotMatch</Code>" in altered.content


def test_a_presigned_link_writes_what_it_was_made_for(s3: S3) -> None:
    link = _link(s3, "put_object", Key="app.zip", ContentType="application/zip")
    headers = {"Content-Type": "application/zip"}
    assert send(s3.server, "PUT", link, body=b"linked", headers=headers, signed=False).status_code == 200
    assert s3.read() == b"linked"
    refused = send(s3.server, "DELETE", link, signed=False)
    assert refused.status_code == 403
    assert s3.read() == b"linked"


def test_nothing_is_served_without_a_signature_or_with_a_wrong_one(s3: S3) -> None:
    s3.put()
    unsigned = send(s3.server, "GET", f"/{s3.bucket}/app.zip", signed=False)
    assert (unsigned.status_code, b"<Code>AccessDenied</Code>" in unsigned.content) == (403, True)
    key_id = s3.server.credentials.access_key_id
    with pytest.raises(ClientError) as wrong:
        s3.server.client_of(key_id, "wrong", "s3").delete_object(Bucket=s3.bucket, Key="app.zip")
    assert refusal(wrong) == ("SignatureDoesNotMatch", 403)
    with pytest.raises(ClientError) as unknown:
        s3.server.client_of("AKIAUNKNOWN", "wrong", "s3").delete_object(Bucket=s3.bucket, Key="app.zip")
    assert refusal(unknown) == ("InvalidAccessKeyId", 403)
    assert s3.read() == b"content"


def _streamed(s3: S3, data: bytes, checksum: int, *, length: int | None = None) -> int:
    """Send a body as the JavaScript client does: in chunks, with a checksum after the last."""
    pieces = [data[at : at + 65536] for at in range(0, len(data), 65536)]
    frames = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    trailer = base64.b64encode(checksum.to_bytes(4, "big"))
    body = frames + b"0\r\nx-amz-checksum-crc32:" + trailer + b"\r\n\r\n"
    headers = {
        "Content-Encoding": "aws-chunked",
        "X-Amz-Content-SHA256": STREAMED,
        "X-Amz-Decoded-Content-Length": str(len(data) if length is None else length),
        "X-Amz-Trailer": "x-amz-checksum-crc32",
        "X-Amz-Sdk-Checksum-Algorithm": "CRC32",
    }
    path = f"/{s3.bucket}/app.zip?x-id=PutObject"
    return int(send(s3.server, "PUT", path, body=body, headers=headers).status_code)


def test_a_chunked_body_is_stored_without_its_frames(s3: S3) -> None:
    data = bytes(200_000)
    assert _streamed(s3, data, zlib.crc32(data)) == 200
    head = s3.client.head_object(Bucket=s3.bucket, Key="app.zip", ChecksumMode="ENABLED")
    assert "ContentEncoding" not in head
    assert head["ChecksumCRC32"] == base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()
    assert s3.read() == data


def test_a_chunked_body_with_a_wrong_checksum_or_length_stores_nothing(s3: S3) -> None:
    assert _streamed(s3, b"content", 1) == 400
    assert _streamed(s3, b"content", zlib.crc32(b"content"), length=6) == 400
    assert s3.keys() == []


@pytest.mark.parametrize("host", ["{}.localhost", "{}.localhost:4566", "{}.s3.localhost", "{}.s3.us-east-1.localhost"])
def test_a_bucket_is_found_by_its_host_name(s3: S3, host: str) -> None:
    name = host.format(s3.bucket)
    assert send(s3.server, "PUT", "/a%20b.zip", body=b"content", host=name).status_code == 200
    assert send(s3.server, "GET", "/a%20b.zip", host=name).content == b"content"
    assert b"<Key>a b.zip</Key>" in send(s3.server, "GET", "/?list-type=2", host=name).content
    assert s3.read("a b.zip") == b"content"


def test_an_unknown_header_of_amazons_and_an_unknown_part_of_a_resource_are_refused(s3: S3) -> None:
    unknown = send(s3.server, "PUT", f"/{s3.bucket}/app.zip", body=b"x", headers={"X-Amz-Whatever": "1"})
    assert unknown.status_code == 501
    assert send(s3.server, "GET", f"/{s3.bucket}/app.zip?acl").status_code == 501
    assert s3.keys() == []


def test_a_head_answers_without_a_body_and_errors_with_ids(s3: S3) -> None:
    answer = send(s3.server, "HEAD", f"/{s3.bucket}/absent")
    assert (answer.status_code, answer.content) == (404, b"")
    assert answer.headers["x-amz-request-id"]
    assert answer.headers["x-amz-id-2"]
    missing = send(s3.server, "GET", f"/{s3.bucket}/absent")
    assert f"<RequestId>{missing.headers['x-amz-request-id']}</RequestId>".encode() in missing.content


@pytest.mark.parametrize(
    "body",
    [
        b"<Delete><Object><Key>a</Key></Object>",
        b'<!DOCTYPE d [<!ENTITY e "x">]><Delete><Object><Key>&e;</Key></Object></Delete>',
        b"<Other/>",
        b"<Delete/>",
        b"{}",
        b"",
    ],
)
def test_a_malformed_document_is_refused(s3: S3, body: bytes) -> None:
    digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    answer = send(s3.server, "POST", f"/{s3.bucket}?delete", body=body, headers={"Content-MD5": digest})
    assert answer.status_code == 400
    assert (b"<Code>MalformedXML</Code>" if body else b"<Code>MissingRequestBodyError</Code>") in answer.content


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("/k%ff", b"InvalidURI"),
        ("?prefix=%ff", b"InvalidURI"),
        ("/k%00", b"InvalidArgument"),
        ("?max-keys=many", b"InvalidArgument"),
        ("/k?partNumber=one", b"InvalidArgument"),
        ("?max-keys=1&max-keys=2", b"InvalidArgument"),
    ],
)
def test_a_malformed_target_is_refused_as_what_it_is(s3: S3, target: str, code: bytes) -> None:
    answer = send(s3.server, "GET", f"/{s3.bucket}{target}")
    assert answer.status_code == 400
    assert b"<Code>" + code + b"</Code>" in answer.content


def test_a_client_that_waits_for_leave_to_send_nothing_gets_it(s3: S3) -> None:
    """The command line takes any other answer for the first line of all later answers on the connection."""
    address = urlsplit(s3.server.url)
    with socket.create_connection((str(address.hostname), address.port or 0)) as client:
        head = f"PUT {_link(s3, 'put_object', Key='empty')} HTTP/1.1\r\nHost: {address.netloc}\r\n"
        client.sendall(f"{head}Expect: 100-continue\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        with client.makefile("rb") as answer:
            assert answer.read().startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert s3.read("empty") == b""


def test_the_command_line_copies_a_large_file_there_and_back(s3: S3, tmp_path: Path) -> None:
    source, target = tmp_path / "source.bin", tmp_path / "target.bin"
    source.write_bytes(hashlib.shake_128(b"seed").digest(60_000_000))
    environment = s3.server.environment()
    there = run_aws("s3", "cp", str(source), f"s3://{s3.bucket}/app.zip", environment=environment)
    assert there.returncode == 0, there.stderr
    back = run_aws("s3", "cp", f"s3://{s3.bucket}/app.zip", str(target), environment=environment)
    assert back.returncode == 0, back.stderr
    assert source.read_bytes() == target.read_bytes()
    removed = run_aws("s3", "rb", "--force", f"s3://{s3.bucket}", environment=environment)
    assert removed.returncode == 0, removed.stderr
