import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from sealgate.cms.ber import EnvelopeError
from sealgate.cms.statement import parse_statement
from sealgate.errors import IntegrityError, Invalid
from sealgate.package.seal import ArchiveSeal
from sealgate.trust.assessment import Signature
from sealgate.trust.revocation import (
    RevocationList,
    RevokedAuthority,
    RevokedJob,
    RevokedProfileVersion,
    TrustedRevocations,
    find_voucher,
    issuers_of,
    make_voucher,
)
from sealgate.trust.revocation_list import encode_revocation_list, parse_revocation_list
from sealgate.trust.roots import TrustRoots
from sealgate.trust.verify import verify_envelope
from sealgate.values import replace
from sealgate.x509.profile import PACKAGE_SIGNING, REVOCATION_LIST, StatementKind
from tests.support.authority import ARN, JOB_ARN, NOW, sealed_recipe
from tests.support.sealed import new_authority, roots_of, shared_authority, sign_bytes, verify_bytes, zip_of

HOUR = timedelta(hours=1)
ROOTS = roots_of(shared_authority())


def a_signature() -> Signature:
    signature = verify_bytes(sign_bytes(zip_of({"a": b"x"}))[0]).signature
    assert signature is not None
    return signature


def a_list(**change: object) -> RevocationList:
    empty = RevocationList(jobs=(), profile_versions=(), issued_at=NOW, next_update=NOW + HOUR)
    return replace(empty, **change)  # a test may change any of them


def a_job(arn: str = JOB_ARN) -> RevokedJob:
    return RevokedJob(arn=arn, revoked_at=NOW - HOUR, reason="a key was lost")


def a_version(effective_from_now: timedelta, arn: str = ARN) -> RevokedProfileVersion:
    moment = NOW + effective_from_now
    return RevokedProfileVersion(arn=arn, effective_from=moment, revoked_at=NOW, reason="left the firm: »x«")


def round_trip(revocations: RevocationList) -> TrustedRevocations:
    return parse_revocation_list(encode_revocation_list(revocations, shared_authority()), roots=ROOTS, at=NOW)


FULL = a_list(jobs=(a_job(), a_job("arn:other")), profile_versions=(a_version(timedelta(microseconds=-1)),))


@pytest.mark.parametrize("revocations", [a_list(), FULL], ids=["empty", "full"])
def test_a_signed_list_is_read_back(revocations: RevocationList) -> None:
    assert round_trip(revocations).revocations == revocations


def test_a_revoked_job_revokes_its_signature() -> None:
    revocation = round_trip(a_list(jobs=(a_job(),))).find_revocation(a_signature())
    assert revocation is not None
    assert (revocation.subject, revocation.arn, revocation.reason) == ("job", JOB_ARN, "a key was lost")


def test_another_revoked_job_does_not() -> None:
    assert round_trip(a_list(jobs=(a_job(JOB_ARN + "0"),))).find_revocation(a_signature()) is None


@pytest.mark.parametrize(
    ("effective", "is_revoked"),
    [(-HOUR, True), (timedelta(microseconds=-1), True), (timedelta(0), False), (HOUR, False)],
)
def test_a_revoked_profile_version_revokes_what_was_signed_strictly_later(
    effective: timedelta, is_revoked: bool
) -> None:
    trusted = round_trip(a_list(profile_versions=(a_version(effective),)))
    assert (trusted.find_revocation(a_signature()) is not None) == is_revoked


def test_an_authority_revokes_only_its_own() -> None:
    other = new_authority()
    document = encode_revocation_list(FULL, other)
    roots = TrustRoots(roots=(*roots_of(other).roots, *ROOTS.roots))
    trusted = parse_revocation_list(document, roots=roots, at=NOW)
    assert not trusted.covers(a_signature())
    assert trusted.find_revocation(a_signature()) is None


def test_a_list_is_stale_after_its_next_update() -> None:
    document = encode_revocation_list(a_list(), shared_authority())
    assert not parse_revocation_list(document, roots=ROOTS, at=NOW + HOUR).is_stale
    assert parse_revocation_list(document, roots=ROOTS, at=NOW + HOUR * 2).is_stale


def refusal(document: bytes, roots: TrustRoots = ROOTS) -> str:
    with pytest.raises(IntegrityError) as caught:
        parse_revocation_list(document, roots=roots, at=NOW)
    return caught.value.reason


def altered(change: Callable[[dict[str, str]], object]) -> bytes:
    document = json.loads(encode_revocation_list(FULL, shared_authority()))
    change(document)
    return json.dumps(document).encode()


def with_text(text: bytes) -> bytes:
    """Let the authority sign any text as if it were a list."""
    block = shared_authority().sign_statement(text, kind=REVOCATION_LIST, signing_time=NOW)
    return json.dumps({"list": text.decode(), "signature": block.decode()}).encode()


def text_of(revocations: RevocationList) -> str:
    text: str = json.loads(encode_revocation_list(revocations, shared_authority()))["list"]
    return text


def test_a_forged_list_is_refused() -> None:
    forged = altered(lambda document: document.update(list=document["list"].replace("other", "OTHER")))
    assert refusal(forged) == "ContentsAltered"


def test_a_strangers_list_is_refused() -> None:
    assert refusal(encode_revocation_list(a_list(), new_authority())) == "UntrustedSigner"
    assert refusal(encode_revocation_list(a_list(), shared_authority()), TrustRoots()) == "UntrustedSigner"


def test_a_list_from_the_future_is_refused() -> None:
    future = a_list(issued_at=NOW + timedelta(minutes=6))
    assert refusal(encode_revocation_list(future, shared_authority())) == "SignedInFuture"


def test_every_bit_of_a_lists_signature_counts() -> None:
    block = json.loads(encode_revocation_list(a_list(), shared_authority()))["signature"].encode()
    for position in range(0, len(block) * 8, 37):
        changed = bytearray(block)
        changed[position >> 3] ^= 1 << (position & 7)
        text = bytes(changed).decode("latin-1")
        document = {"list": text_of(a_list()), "signature": text}
        refusal(json.dumps(document).encode())


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"list": 1, "signature": 2}',
        b'{"list": "", "signature": "\\ud800"}',
        b'{"list": "\\ud800", "signature": ""}',
    ],
)
def test_what_is_no_document_is_refused(document: bytes) -> None:
    assert refusal(document) in {"MalformedRevocationList", "MalformedSignature"}


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        text_of(FULL).replace("list-1", "list-2"),
        text_of(FULL).replace(":", ": ", 1),
        text_of(FULL).replace('"jobs"', '"jobz"'),
        text_of(FULL).replace('"arn:other"', "7"),
        text_of(FULL).replace("+00:00", "+01:00"),
        text_of(FULL).replace("+00:00", ""),
        text_of(FULL).replace("2026", "20x6"),
    ],
)
def test_a_signed_text_that_is_no_list_is_refused(text: str) -> None:
    assert refusal(with_text(text.encode())) == "MalformedRevocationList"


def test_a_list_was_signed_when_it_says_that_it_was_issued() -> None:
    text = text_of(a_list(issued_at=NOW - HOUR))
    assert refusal(with_text(text.encode())) == "MalformedRevocationList"


def test_a_list_is_issued_in_whole_seconds() -> None:
    with pytest.raises(Invalid):
        encode_revocation_list(a_list(issued_at=NOW.replace(microsecond=1)), shared_authority())


def test_a_lists_signature_is_no_package_signature_and_the_reverse() -> None:
    block = shared_authority().sign_statement(b"text", kind=REVOCATION_LIST, signing_time=NOW)
    with pytest.raises(EnvelopeError):
        verify_envelope(block, roots=ROOTS, at=NOW)
    with pytest.raises(EnvelopeError):
        parse_statement(sealed_recipe().build())


def test_a_package_leaf_signs_no_list() -> None:
    class Confused:
        """Signs lists with a leaf that is for packages."""

        def sign_statement(self, text: bytes, *, kind: StatementKind, signing_time: datetime) -> bytes:
            authority = new_authority()
            authority._identity(kind.uri, PACKAGE_SIGNING)
            self.roots = roots_of(authority)
            return authority.sign_statement(text, kind=kind, signing_time=signing_time)

    signer = Confused()
    assert refusal(encode_revocation_list(a_list(), signer), signer.roots) == "UntrustedSigner"


def test_a_leaf_for_lists_with_another_name_signs_no_list() -> None:
    class Misnamed:
        """Signs lists with a leaf that is for lists, and named for something else."""

        def sign_statement(self, text: bytes, *, kind: StatementKind, signing_time: datetime) -> bytes:
            authority = new_authority()
            identity = authority._identity(ARN, kind.purpose)
            authority._leaves[kind.uri] = identity
            self.roots = roots_of(authority)
            return authority.sign_statement(text, kind=kind, signing_time=signing_time)

    signer = Misnamed()
    assert refusal(encode_revocation_list(a_list(), signer), signer.roots) == "UntrustedSigner"


# Issuing CAs.


def an_authority(**change: object) -> RevokedAuthority:
    (identity,) = issuers_of(a_signature())
    revoked = RevokedAuthority(
        identity=identity,
        name="CN=Sealgate Issuing CA",
        effective_from=None,
        revoked_at=NOW,
        reason="key stolen",
        standing=frozenset(),
    )
    return replace(revoked, **change)


def test_a_list_with_issuing_cas_is_of_another_type_which_older_verifiers_refuse() -> None:
    assert '"type":"sealgate-revocation-list-1"' in text_of(FULL)
    assert '"type":"sealgate-revocation-list-2"' in text_of(a_list(authorities=(an_authority(),)))


@pytest.mark.parametrize("effective_from", [None, NOW - HOUR])
def test_a_revoked_issuing_ca_is_read_back(effective_from: datetime | None) -> None:
    standing = frozenset({"0a" * 48, "0b" * 48})
    revocations = a_list(authorities=(an_authority(effective_from=effective_from, standing=standing),))
    assert round_trip_unsigned(revocations) == revocations


def round_trip_unsigned(revocations: RevocationList) -> RevocationList:
    """Read a list back that another issuing CA of the root has signed than the one that it may revoke."""
    authority = new_authority()
    document = encode_revocation_list(revocations, authority)
    return parse_revocation_list(document, roots=roots_of(authority), at=NOW).revocations


def test_only_what_is_vouched_for_stands_under_a_revoked_issuing_ca() -> None:
    signature = a_signature()
    voucher = find_voucher(signature)
    assert voucher is not None
    assert an_authority().find_revocation(signature) is not None
    assert an_authority(standing=frozenset({voucher})).find_revocation(signature) is None
    assert an_authority(identity="00" * 48).find_revocation(signature) is None
    without_seal = replace(signature, sealed=False, seal=None)
    assert an_authority(standing=frozenset({voucher})).find_revocation(without_seal) is not None


@pytest.mark.parametrize(
    "change",
    [
        {"job_arn": JOB_ARN + "0"},
        {"profile_version_arn": ARN + "0"},
        {"signing_time": NOW - HOUR},
        {"expires_at": NOW + HOUR},
        {"seal": ArchiveSeal(entries=9, contents_length=1, contents_root=bytes(48), directory_root=bytes(48))},
    ],
)
def test_a_voucher_is_for_one_signature_only(change: dict[str, object]) -> None:
    signature = a_signature()
    assert find_voucher(replace(signature, **change)) != find_voucher(signature)


def test_a_voucher_is_what_the_format_says() -> None:
    lines = ("job", "profile", "3000", "20261124120000Z", "20261124130000Z")
    expected = hashlib.sha384("".join(f"{line}\n" for line in lines).encode()).hexdigest()
    made = make_voucher(
        job_arn="job", profile_version_arn="profile", seal=b"0\0", signing_time=NOW, expires_at=NOW + HOUR
    )
    assert made == expected


WITH_AUTHORITY = text_of(a_list(authorities=(an_authority(standing=frozenset({"0a" * 48})),)))


@pytest.mark.parametrize(
    "text",
    [
        WITH_AUTHORITY.replace("list-2", "list-1"),
        WITH_AUTHORITY.replace("list-2", "list-3"),
        text_of(FULL).replace("list-1", "list-2"),
        text_of(a_list()).replace('"jobs"', '"issuingAuthorities":[],"jobs"').replace("list-1", "list-2"),
        WITH_AUTHORITY.replace('["0a', '["0A'),
        WITH_AUTHORITY.replace('["0a', '["'),
        WITH_AUTHORITY.replace('["' + "0a" * 48 + '"]', '"' + "0a" * 48 + '"'),
        WITH_AUTHORITY.replace('["' + "0a" * 48, '["' + "0a" * 48 + '","' + "0a" * 48),
        WITH_AUTHORITY.replace('"effectiveFrom":null', '"effectiveFrom":0'),
        WITH_AUTHORITY.replace('"effectiveFrom":null,', ""),
    ],
)
def test_a_list_with_issuing_cas_has_one_form(text: str) -> None:
    assert refusal(with_text(text.encode())) == "MalformedRevocationList"


def test_a_list_signed_under_what_it_revokes_is_refused() -> None:
    document = encode_revocation_list(a_list(authorities=(an_authority(),)), shared_authority())
    assert refusal(document) == "SelfRevoked"
