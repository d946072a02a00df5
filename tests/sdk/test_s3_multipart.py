"""Uploads in parts through boto3 and a real socket."""

import base64
import hashlib
import io
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from tests.support.s3_client import S3, refusal

MIB = 1 << 20
BIG = bytes(range(251)) * (5 * MIB // 251 + 1)
END = b"the end"


def _begin(s3: S3, **members: Any) -> dict[str, str]:
    made = s3.client.create_multipart_upload(Bucket=s3.bucket, Key="app.zip", **members)
    return {"Bucket": s3.bucket, "Key": "app.zip", "UploadId": made["UploadId"]}


def _complete(s3: S3, upload: dict[str, str], *parts: dict[str, Any], **members: Any) -> Any:
    return s3.client.complete_multipart_upload(**upload, MultipartUpload={"Parts": list(parts)}, **members)


def _put(s3: S3, upload: dict[str, str], number: int, body: bytes, **members: Any) -> dict[str, Any]:
    answer = s3.client.upload_part(**upload, PartNumber=number, Body=body, **members)
    checksums = {name: value for name, value in answer.items() if name.startswith("Checksum")}
    return {"PartNumber": number, "ETag": answer["ETag"]} | checksums


def test_parts_become_an_object_with_everything_said_at_the_beginning(s3: S3) -> None:
    s3.keep_versions()
    upload = _begin(s3, ContentType="application/zip", Metadata={"who": "me"}, Tagging="a=1", StorageClass="STANDARD")
    last, first = _put(s3, upload, 5, END), _put(s3, upload, 2, BIG)
    done = _complete(s3, upload, first, last)
    digests = b"".join(hashlib.md5(data, usedforsecurity=False).digest() for data in (BIG, END))
    assert done["ETag"] == f'"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-2"'
    assert done["Location"] == f"{s3.server.url}/{s3.bucket}/app.zip"
    assert s3.read(VersionId=done["VersionId"]) == BIG + END
    head = s3.client.head_object(Bucket=s3.bucket, Key="app.zip", PartNumber=2)
    assert (head["ContentType"], head["Metadata"], head["PartsCount"]) == ("application/zip", {"who": "me"}, 2)
    assert head["ContentRange"] == f"bytes {len(BIG)}-{len(BIG + END) - 1}/{len(BIG + END)}"
    assert s3.read(PartNumber=2) == END


def test_a_composite_checksum_is_kept_with_the_object(s3: S3) -> None:
    upload = _begin(s3, ChecksumAlgorithm="SHA256")
    parts = [_put(s3, upload, n, data, ChecksumAlgorithm="SHA256") for n, data in ((1, BIG), (2, END))]
    done = _complete(s3, upload, *parts)
    digests = b"".join(hashlib.sha256(data).digest() for data in (BIG, END))
    expected = base64.b64encode(hashlib.sha256(digests).digest()).decode() + "-2"
    assert (done["ChecksumSHA256"], done["ChecksumType"]) == (expected, "COMPOSITE")
    answer = s3.client.get_object(Bucket=s3.bucket, Key="app.zip", ChecksumMode="ENABLED")
    assert answer["ChecksumSHA256"] == expected
    assert answer["Body"].read() == BIG + END


def test_a_full_object_checksum_is_compared_with_the_announced_one(s3: S3) -> None:
    upload = _begin(s3, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    part = _put(s3, upload, 1, END, ChecksumAlgorithm="CRC32")
    with pytest.raises(ClientError) as wrong:
        _complete(s3, upload, part, ChecksumCRC32="AAAAAA==", ChecksumType="FULL_OBJECT")
    assert refusal(wrong) == ("BadDigest", 400)
    right = part["ChecksumCRC32"]
    done = _complete(s3, upload, part, ChecksumCRC32=right, ChecksumType="FULL_OBJECT", MpuObjectSize=len(END))
    assert done["ChecksumCRC32"] == right


def test_parts_are_copied_from_objects(s3: S3) -> None:
    s3.put("source", BIG + END)
    source = {"Bucket": s3.bucket, "Key": "source"}
    upload = _begin(s3)
    parts = []
    for number, text in ((1, f"bytes=0-{len(BIG) - 1}"), (2, f"bytes={len(BIG)}-{len(BIG + END) - 1}")):
        answer = s3.client.upload_part_copy(**upload, PartNumber=number, CopySource=source, CopySourceRange=text)
        parts.append({"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]})
    _complete(s3, upload, *parts)
    assert s3.read() == BIG + END
    with pytest.raises(ClientError) as beyond:
        s3.client.upload_part_copy(**_begin(s3), PartNumber=1, CopySource=source, CopySourceRange="bytes=0-99999999")
    assert refusal(beyond) == ("InvalidArgument", 400)


def test_uploads_and_parts_are_listed_until_they_are_aborted(s3: S3) -> None:
    first, second = _begin(s3, ChecksumAlgorithm="CRC32"), _begin(s3)
    for number in (1, 2, 3):
        _put(s3, first, number, END, ChecksumAlgorithm="CRC32")
    uploads = s3.client.get_paginator("list_multipart_uploads").paginate(
        Bucket=s3.bucket, PaginationConfig={"PageSize": 1}
    )
    listed = [entry["UploadId"] for page in uploads for entry in page.get("Uploads", [])]
    assert listed == [first["UploadId"], second["UploadId"]]
    pages = list(s3.client.get_paginator("list_parts").paginate(**first, PaginationConfig={"PageSize": 2}))
    parts = [part for page in pages for part in page.get("Parts", [])]
    assert [(part["PartNumber"], part["Size"]) for part in parts] == [(1, 7), (2, 7), (3, 7)]
    assert pages[0]["ChecksumAlgorithm"] == "CRC32"
    for upload in (first, second):
        s3.client.abort_multipart_upload(**upload)
    assert "Uploads" not in s3.client.list_multipart_uploads(Bucket=s3.bucket)
    with pytest.raises(s3.client.exceptions.NoSuchUpload):
        s3.client.abort_multipart_upload(**first)
    with pytest.raises(ClientError) as gone:
        _put(s3, first, 1, END)
    assert refusal(gone) == ("NoSuchUpload", 404)


def test_parts_that_do_not_make_an_object_are_refused(s3: S3) -> None:
    upload = _begin(s3)
    one, two = _put(s3, upload, 1, b"tiny"), _put(s3, upload, 2, END)
    for parts, code in (
        ([one, two], "EntityTooSmall"),
        ([two, one], "InvalidPartOrder"),
        ([{"PartNumber": 9, "ETag": one["ETag"]}], "InvalidPart"),
        ([{"PartNumber": 1, "ETag": two["ETag"]}], "InvalidPart"),
        ([{"PartNumber": 1}], "MalformedXML"),
        ([], "MalformedXML"),
    ):
        with pytest.raises(ClientError) as refused:
            _complete(s3, upload, *parts)
        assert refusal(refused) == (code, 400)
    with pytest.raises(ClientError) as number:
        _put(s3, upload, 10_001, END)
    assert refusal(number) == ("InvalidArgument", 400)
    assert s3.keys() == []


def test_a_conditional_completion_does_not_replace(s3: S3) -> None:
    s3.put()
    upload = _begin(s3)
    part = _put(s3, upload, 1, END)
    with pytest.raises(ClientError) as exists:
        _complete(s3, upload, part, IfNoneMatch="*")
    assert refusal(exists) == ("PreconditionFailed", 412)
    assert s3.read() == b"content"


def test_boto3s_transfer_manager_uploads_and_downloads_in_parts(s3: S3) -> None:
    data = BIG * 3
    config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB, max_concurrency=4)
    s3.client.upload_fileobj(io.BytesIO(data), s3.bucket, "app.zip", Config=config)
    assert s3.client.head_object(Bucket=s3.bucket, Key="app.zip")["ETag"].endswith('-4"')
    target = io.BytesIO()
    s3.client.download_fileobj(s3.bucket, "app.zip", target, Config=config)
    assert target.getvalue() == data
    s3.client.copy({"Bucket": s3.bucket, "Key": "app.zip"}, s3.bucket, "copy.zip", Config=config)
    assert s3.read("copy.zip") == data
