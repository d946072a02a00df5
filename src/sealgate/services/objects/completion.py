"""When the parts of an upload make an object: the rules of CompleteMultipartUpload."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sealgate.services.objects.checksums import COMPOSITE
from sealgate.services.objects.errors import (
    ContentMismatch,
    InvalidPart,
    InvalidPartOrder,
    InvalidRequest,
    MalformedRequest,
    PartTooSmall,
)
from sealgate.services.objects.preconditions import WriteConditions
from sealgate.services.objects.versions import Content
from sealgate.store.uploads import MultipartUpload, Part

MIN_PART_BYTES = 5 << 20
"""The least size of every part but the last (S3 user guide, "Amazon S3 multipart upload limits")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartClaim:
    """A part that the uploader says the object consists of.

    Attributes:
        number: 1 to 10,000.
        etag: The part's entity tag, with or without quotes.
        checksums: Those that the uploader repeats: by algorithm, in base64.
    """

    number: int
    etag: str
    checksums: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What the uploader says of the whole object.

    Attributes:
        parts: In ascending order.
        checksums: Of the object: by algorithm, in base64.
        checksum_type: Their type.
        size: In bytes.
        conditions: What must hold of the object that is replaced.
    """

    parts: Sequence[PartClaim]
    checksums: Mapping[str, str] = field(default_factory=dict)
    checksum_type: str | None = None
    size: int | None = None
    conditions: WriteConditions


def choose_parts(present: Sequence[Part], upload: MultipartUpload, claims: Sequence[PartClaim]) -> list[Part]:
    """Answer the parts that make the object.

    Raises:
        MalformedRequest: None is named.
        InvalidPartOrder: They are not in ascending order.
        InvalidPart: One is not there, or has another entity tag or checksum.
        PartTooSmall: One other than the last has less than 5 MiB.
        InvalidRequest: A checksum has to be repeated and is not.
    """
    if not claims:
        raise MalformedRequest
    numbers = [claim.number for claim in claims]
    if any(later <= earlier for earlier, later in itertools.pairwise(numbers)):
        raise InvalidPartOrder
    by_number = {part.number: part for part in present}
    chosen = [_claimed_part(by_number.get(claim.number), upload, claim) for claim in claims]
    for part in chosen[:-1]:
        if part.size < MIN_PART_BYTES:
            raise PartTooSmall(number=part.number, etag=part.md5, size=part.size, minimum=MIN_PART_BYTES)
    return chosen


def _claimed_part(part: Part | None, upload: MultipartUpload, claim: PartClaim) -> Part:
    etag = claim.etag.strip('"')
    if part is None or part.md5 != etag:
        raise InvalidPart(number=claim.number, etag=etag)
    if any(part.checksums.get(name, value) != value for name, value in claim.checksums.items()):
        raise InvalidPart(number=claim.number, etag=etag)
    algorithm = upload.checksum_algorithm
    if upload.checksum_type == COMPOSITE and algorithm not in claim.checksums:
        raise InvalidRequest(
            f"The upload was created using a {algorithm} checksum. The complete request must include the checksum "
            f"for each part. It was missing for part {claim.number} in the request."
        )
    return part


def verify_announced(completion: Completion, content: Content) -> None:
    """Check the joined parts against what the uploader said of the whole.

    Raises:
        InvalidRequest: Another size, or another kind of checksum.
        ContentMismatch: Another checksum.
    """
    if completion.size is not None and completion.size != content.size:
        raise InvalidRequest(
            f"The provided 'x-amz-mp-object-size' header value {completion.size} does not match what was computed: "
            f"{content.size}"
        )
    if completion.checksum_type not in (None, content.checksum_type):
        raise InvalidRequest(
            f"The upload was created using the {content.checksum_type} checksum mode. The complete request must use "
            "the same checksum mode."
        )
    for name, value in completion.checksums.items():
        computed = content.checksums.get(name)
        if computed is None:
            raise InvalidRequest(
                f"The upload was created using a {next(iter(content.checksums))} checksum. The complete request must "
                "use the same checksum algorithm."
            )
        if computed.partition("-")[0] != value.partition("-")[0]:
            raise ContentMismatch(f"The {name.upper()} you specified did not match the calculated checksum.")
