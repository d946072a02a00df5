"""Envelopes that ordinary verifiers accept, and every other way to spoil one: each refused for the right reason."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID

from sealgate.cms import oids
from sealgate.cms.attributes import encode_attribute
from sealgate.cms.ber import (
    CONTEXT_0,
    CONTEXT_1,
    GENERALIZED_TIME,
    OCTET_STRING,
    SEQUENCE,
    SET,
    UTF8_STRING,
    encode,
)
from sealgate.cms.ecdsa import encode_ecdsa_signature, parse_ecdsa_signature
from sealgate.cms.oids import encode_oid
from sealgate.cms.signed_data import SHA384_ALGORITHM_BARE
from sealgate.errors import IntegrityError
from sealgate.trust.algorithms import ORDER
from sealgate.trust.roots import RootKind, TrustRoots
from sealgate.trust.verify import VerifiedEnvelope, verify_envelope
from sealgate.x509.profile import REVOCATION_LIST
from tests.support.authority import (
    ARN,
    NOW,
    YEARS,
    CertificateRecipe,
    Recipe,
    any_seal,
    aws_issuing,
    aws_leaf,
    aws_recipe,
    aws_root,
    bind,
    ca_extensions,
    fixed_key,
    leaf_extensions,
    make_root,
    protection,
    rsa_key,
    sealed_issuing,
    sealed_leaf,
    sealed_recipe,
    sealed_root,
    text_time,
    trust,
    uri,
)

SHA256_ALGORITHM = encode(SEQUENCE, encode_oid("2.16.840.1.101.3.4.2.1"))
ECDSA_SHA256 = encode_oid("1.2.840.10045.4.3.2")
TIMESTAMP_TOKEN = encode_oid("1.2.840.113549.1.9.16.2.14")
UNKNOWN = encode_oid("1.2.3.4")

Change = Callable[[Recipe], Recipe]


def judge(recipe: Recipe, roots: TrustRoots | None = None) -> VerifiedEnvelope:
    return verify_envelope(recipe.build(), roots=roots or trust(aws_root(), sealed_root()), at=NOW)


def refusal(recipe: Recipe, roots: TrustRoots | None = None) -> str:
    with pytest.raises(IntegrityError) as caught:
        judge(recipe, roots)
    return caught.value.reason


def mirrored(signature: bytes) -> bytes:
    r, s = parse_ecdsa_signature(signature)
    return encode_ecdsa_signature(r, ORDER - s)


def with_leaf(**change: object) -> Change:
    return lambda _: aws_recipe(aws_leaf(**change))


def attributes_of(recipe: Recipe) -> list[bytes]:
    return sorted(encode_attribute(oid, value) for oid, value in recipe.attributes)


def in_der_order_reversed(recipe: Recipe) -> Recipe:
    return replace(recipe, raw_attributes=tuple(reversed(attributes_of(recipe))))


def with_two_values(recipe: Recipe) -> Recipe:
    value = dict(recipe.attributes)[oids.EXPIRY]
    attributes = [*attributes_of(recipe.without(oids.EXPIRY)), encode(SEQUENCE, oids.EXPIRY, encode(SET, value, value))]
    return replace(recipe, raw_attributes=tuple(sorted(attributes)))


def with_constructed_digest(recipe: Recipe) -> Recipe:
    whole = dict(recipe.attributes)[oids.MESSAGE_DIGEST]
    return recipe.having(oids.MESSAGE_DIGEST, encode(OCTET_STRING | 0x20, whole))


def with_indefinite_attribute(recipe: Recipe) -> Recipe:
    value = dict(recipe.attributes)[oids.JOB_ARN]
    spoilt = encode(SEQUENCE, oids.JOB_ARN, bytes((SET, 0x80)) + value + b"\0\0")
    return replace(recipe, raw_attributes=tuple(sorted([*attributes_of(recipe.without(oids.JOB_ARN)), spoilt])))


def signed_by_the_issuing_ca(recipe: Recipe) -> Recipe:
    return replace(recipe, signer=aws_issuing(), certificates=(aws_issuing().der, aws_root().der))


def signed_by_a_leaf_of_a_leaf(_: Recipe) -> Recipe:
    leaf = aws_leaf()
    second = CertificateRecipe(name="Leaf of leaf", issuer=leaf, extensions=leaf_extensions()).make()
    return replace(aws_recipe(second), certificates=(second.der, leaf.der, aws_issuing().der))


def with_an_ambiguous_signer(recipe: Recipe) -> Recipe:
    twin = aws_leaf(key=fixed_key("twin"))
    return replace(recipe, certificates=(*recipe.certificates, twin.der))


def with_two_issuing_cas_of_one_number(recipe: Recipe) -> Recipe:
    twin = CertificateRecipe(
        name="Foreign CA", issuer=aws_root(), extensions=ca_extensions(0), key=fixed_key("twin"), **YEARS
    ).make()
    return replace(recipe, certificates=(*recipe.certificates, twin.der))


def with_a_stranger_root_inside(_: Recipe) -> Recipe:
    root = make_root("Stranger")
    leaf = CertificateRecipe(name="Strange leaf", issuer=root, extensions=leaf_extensions()).make()
    return replace(aws_recipe(leaf), certificates=(leaf.der, root.der))


P256 = ec.derive_private_key(12345, ec.SECP256R1())

SPOILT: dict[str, tuple[Change, str]] = {
    # who signed
    "without a signer": (lambda r: replace(r, spoil_signers=lambda _: b""), "MalformedSignature"),
    "with two signers": (lambda r: replace(r, spoil_signers=lambda signer: signer * 2), "MalformedSignature"),
    "without certificates": (lambda r: replace(r, certificates=()), "MalformedSignature"),
    "with too many certificates": (lambda r: replace(r, certificates=r.certificates * 4), "MalformedSignature"),
    "whose signer's certificate is missing": (
        lambda r: replace(r, certificates=r.certificates[1:]),
        "AmbiguousSigner",
    ),
    "where two certificates have the signer's name and number": (with_an_ambiguous_signer, "AmbiguousSigner"),
    "where two other certificates have one name and number": (with_two_issuing_cas_of_one_number, "AmbiguousSigner"),
    "that names another certificate as the signer's": (lambda r: replace(r, named=aws_issuing().der), "BadSignature"),
    # signed attributes
    "without signed attributes": (lambda r: replace(r, raw_attributes=()), "MalformedSignature"),
    "without a content type": (lambda r: r.without(oids.CONTENT_TYPE), "MalformedSignature"),
    "without an expiry": (lambda r: r.without(oids.EXPIRY), "MalformedSignature"),
    "without a signing time": (lambda r: r.without(oids.SIGNING_TIME), "MalformedSignature"),
    "without a message digest": (lambda r: r.without(oids.MESSAGE_DIGEST), "MalformedSignature"),
    "without a job": (lambda r: r.without(oids.JOB_ARN), "MalformedSignature"),
    "without a profile version": (lambda r: r.without(oids.PROFILE_VERSION_ARN), "MalformedSignature"),
    "with an attribute twice": (
        lambda r: r.adding(oids.PROFILE_VERSION_ARN, encode(UTF8_STRING, b"arn:another")),
        "MalformedSignature",
    ),
    "with an unknown attribute twice": (
        lambda r: r.adding(UNKNOWN, encode(UTF8_STRING, b"a")).adding(UNKNOWN, encode(UTF8_STRING, b"b")),
        "MalformedSignature",
    ),
    "with an attribute whose type is no object identifier": (
        lambda r: r.adding(b"\x06\x02\x80\x01", encode(UTF8_STRING, b"a")),
        "MalformedSignature",
    ),
    "with two values of an attribute": (with_two_values, "MalformedSignature"),
    "with attributes out of DER order": (in_der_order_reversed, "MalformedSignature"),
    "with a signed content type that is not data": (
        lambda r: r.having(oids.CONTENT_TYPE, oids.SIGNED_DATA),
        "MalformedSignature",
    ),
    "with a content type that is not data": (lambda r: replace(r, content=(oids.SIGNED_DATA,)), "MalformedSignature"),
    "with its content inside": (
        lambda r: replace(r, content=(oids.DATA, encode(CONTEXT_0, encode(OCTET_STRING, b"content")))),
        "MalformedSignature",
    ),
    "with unsigned attributes": (
        lambda r: replace(r, unsigned=encode(CONTEXT_1, encode_attribute(TIMESTAMP_TOKEN, encode(SEQUENCE)))),
        "MalformedSignature",
    ),
    "with a digest that is too short": (
        lambda r: r.having(oids.MESSAGE_DIGEST, encode(OCTET_STRING, bytes(47))),
        "MalformedSignature",
    ),
    "with an ARN that does not print": (
        lambda r: r.having(oids.JOB_ARN, encode(UTF8_STRING, b"arn:\x00")),
        "MalformedSignature",
    ),
    "with an ARN that is not UTF-8": (
        lambda r: r.having(oids.JOB_ARN, encode(UTF8_STRING, b"arn:\xff")),
        "MalformedSignature",
    ),
    "with an empty ARN": (lambda r: r.having(oids.JOB_ARN, encode(UTF8_STRING)), "MalformedSignature"),
    # algorithms
    "with another digest algorithm": (lambda r: replace(r, digest_algorithm=SHA256_ALGORITHM), "ForbiddenAlgorithm"),
    "with another digest algorithm in the set": (
        lambda r: replace(r, digest_algorithms=(SHA256_ALGORITHM,)),
        "ForbiddenAlgorithm",
    ),
    "with a second digest algorithm in the set": (
        lambda r: replace(r, digest_algorithms=(*r.digest_algorithms, SHA256_ALGORITHM)),
        "ForbiddenAlgorithm",
    ),
    "with another signature algorithm": (
        lambda r: replace(r, signature_algorithm=encode(SEQUENCE, ECDSA_SHA256), hash=SHA256()),
        "ForbiddenAlgorithm",
    ),
    "with a signature algorithm that lies": (
        lambda r: replace(r, hash=SHA256()),
        "BadSignature",
    ),
    "with a protected digest algorithm that contradicts": (
        lambda r: r.having(oids.ALGORITHM_PROTECTION, protection(digest=SHA256_ALGORITHM)),
        "ForbiddenAlgorithm",
    ),
    "with a protected signature algorithm that contradicts": (
        lambda r: r.having(oids.ALGORITHM_PROTECTION, protection(signature=ECDSA_SHA256)),
        "ForbiddenAlgorithm",
    ),
    "signed with a P-256 key": (with_leaf(key=P256), "ForbiddenAlgorithm"),
    "signed with an RSA key": (lambda _: aws_recipe(aws_leaf(key=rsa_key())), "ForbiddenAlgorithm"),
    "whose leaf is certified with SHA-256": (with_leaf(algorithm=SHA256()), "ForbiddenAlgorithm"),
    # signature values
    "with r and s zero": (
        lambda r: replace(r, spoil_signature=lambda _: encode_ecdsa_signature(0, 0)),
        "BadSignature",
    ),
    "with r and s the order": (
        lambda r: replace(r, spoil_signature=lambda _: encode_ecdsa_signature(ORDER, ORDER)),
        "BadSignature",
    ),
    "with a signature of garbage": (lambda r: replace(r, spoil_signature=lambda _: b"garbage"), "MalformedSignature"),
    "with bytes after the signature value": (
        lambda r: replace(r, spoil_signature=lambda value: value + b"\0"),
        "MalformedSignature",
    ),
    "signed by another key": (lambda r: replace(r, signer=replace(r.signer, key=fixed_key("thief"))), "BadSignature"),
    # the leaf
    "whose leaf is for servers": (
        with_leaf(extensions=leaf_extensions(ExtendedKeyUsageOID.SERVER_AUTH)),
        "UntrustedSigner",
    ),
    "whose leaf is for anything": (
        with_leaf(extensions=leaf_extensions(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)),
        "UntrustedSigner",
    ),
    "whose leaf is for code signing and more": (
        with_leaf(
            extensions=leaf_extensions(ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.SERVER_AUTH),
        ),
        "UntrustedSigner",
    ),
    "whose leaf is for revocation lists": (
        with_leaf(extensions=leaf_extensions(REVOCATION_LIST.purpose)),
        "UntrustedSigner",
    ),
    "whose leaf has no purpose": (with_leaf(extensions=leaf_extensions()[:2]), "UntrustedSigner"),
    "whose leaf has no key usage": (
        with_leaf(extensions=(leaf_extensions()[0], leaf_extensions()[2])),
        "UntrustedSigner",
    ),
    "whose leaf may not sign": (
        with_leaf(extensions=leaf_extensions(usage="key_encipherment")),
        "UntrustedSigner",
    ),
    "whose leaf has an unknown critical extension": (
        with_leaf(
            extensions=(
                *leaf_extensions(),
                (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\0"), True),
            )
        ),
        "UntrustedSigner",
    ),
    "whose leaf claims to be an authority": (
        with_leaf(
            extensions=((x509.BasicConstraints(ca=True, path_length=None), True), *leaf_extensions()[1:]),
        ),
        "UntrustedSigner",
    ),
    "signed by the issuing CA itself": (signed_by_the_issuing_ca, "UntrustedSigner"),
    "signed by a leaf that a leaf issued": (signed_by_a_leaf_of_a_leaf, "UntrustedSigner"),
    "whose root comes with it and is not trusted": (with_a_stranger_root_inside, "UntrustedSigner"),
    "whose issuing CA is missing": (lambda r: replace(r, certificates=r.certificates[:1]), "UntrustedSigner"),
    "whose leaf was not valid yet": (
        with_leaf(not_before=NOW + timedelta(seconds=1)),
        "UntrustedSigner",
    ),
    "whose leaf was not valid any more": (
        with_leaf(not_before=NOW - timedelta(days=3), not_after=NOW - timedelta(seconds=1)),
        "UntrustedSigner",
    ),
    # times
    "made in the future": (
        lambda r: r.having(oids.SIGNING_TIME, text_time(NOW + timedelta(minutes=5, seconds=1))),
        "SignedInFuture",
    ),
    "that expires when it is made": (lambda r: r.having(oids.EXPIRY, text_time(NOW, ".338")), "BadTimes"),
    "with a UTCTime": (
        lambda r: r.having(oids.SIGNING_TIME, encode(0x17, b"261124120000Z")),
        "MalformedSignature",
    ),
    "with a time of no calendar": (
        lambda r: r.having(oids.EXPIRY, encode(GENERALIZED_TIME, b"20270230120000Z")),
        "MalformedSignature",
    ),
    "with a time zone": (
        lambda r: r.having(oids.EXPIRY, encode(GENERALIZED_TIME, b"20270220120000+0100")),
        "MalformedSignature",
    ),
    # encoding
    "with a byte after the structure": (lambda r: replace(r, spoil_der=lambda der: der + b"\0"), "MalformedSignature"),
    "with another version": (lambda r: replace(r, version=3), "MalformedSignature"),
    "cut short": (lambda r: replace(r, spoil_der=lambda der: der[:-9]), "MalformedSignature"),
    "with a constructed digest": (with_constructed_digest, "MalformedSignature"),
    "with an indefinite length in its attributes": (with_indefinite_attribute, "MalformedSignature"),
    "with an empty structure": (lambda r: replace(r, spoil_der=lambda _: b""), "MalformedSignature"),
    # text
    "labelled CMS": (lambda r: replace(r, spoil_pem=lambda pem: pem.replace(b"PKCS7", b"CMS")), "MalformedSignature"),
    "labelled CERTIFICATE": (
        lambda r: replace(r, spoil_pem=lambda pem: pem.replace(b"PKCS7", b"CERTIFICATE")),
        "MalformedSignature",
    ),
    "with text before": (lambda r: replace(r, spoil_pem=lambda pem: b"hello\n" + pem), "MalformedSignature"),
    "with text after": (lambda r: replace(r, spoil_pem=lambda pem: pem + b"hello\n"), "MalformedSignature"),
    "with a byte order mark": (lambda r: replace(r, spoil_pem=lambda pem: b"\xef\xbb\xbf" + pem), "MalformedSignature"),
    "with a second block": (lambda r: replace(r, spoil_pem=lambda pem: pem * 2), "MalformedSignature"),
    "with a header": (
        lambda r: replace(r, spoil_pem=lambda pem: pem.replace(b"7-----\n", b"7-----\nProc-Type: 4\n\n", 1)),
        "MalformedSignature",
    ),
    "with Windows line ends": (
        lambda r: replace(r, spoil_pem=lambda pem: pem.replace(b"\n", b"\r\n")),
        "MalformedSignature",
    ),
    "without the last line end": (lambda r: replace(r, spoil_pem=lambda pem: pem[:-1]), "MalformedSignature"),
    "with a stray character": (
        lambda r: replace(r, spoil_pem=lambda pem: pem[:100] + b"!" + pem[100:]),
        "MalformedSignature",
    ),
    "with an odd line length": (
        lambda r: replace(r, spoil_pem=lambda pem: pem[:100] + b"\n" + pem[100:]),
        "MalformedSignature",
    ),
}


@pytest.mark.parametrize("what", SPOILT)
def test_no_block_is_accepted(what: str) -> None:
    change, reason = SPOILT[what]
    assert refusal(change(aws_recipe())) == reason


def test_a_good_block_in_awss_dialect_is_accepted() -> None:
    verified = judge(aws_recipe())
    assert verified.seal is None
    assert verified.envelope.attributes.profile_version_arn == ARN
    assert verified.envelope.attributes.signing_time == NOW.replace(microsecond=338000)
    assert verified.path.certificates[-1] == aws_root().certificate


ACCEPTED: dict[str, Change] = {
    "in definite lengths": lambda r: replace(r, is_indefinite=False),
    "with its root twice": lambda r: replace(r, certificates=(*r.certificates, aws_root().der)),
    "with its certificates in another order": lambda r: replace(r, certificates=tuple(reversed(r.certificates))),
    "without parameters of the digest algorithm": lambda r: replace(
        r, digest_algorithm=SHA384_ALGORITHM_BARE, digest_algorithms=(SHA384_ALGORITHM_BARE,)
    ).having(oids.ALGORITHM_PROTECTION, protection(SHA384_ALGORITHM_BARE)),
    "with an attribute that nobody knows": lambda r: r.adding(UNKNOWN, encode(UTF8_STRING, b"hello")),
    "with a signing certificate attribute of another kind": lambda r: r.adding(
        oids.SIGNING_CERTIFICATE_V2, encode(SEQUENCE, encode(SEQUENCE))
    ),
    "in the mirrored form of its signature": lambda r: replace(r, spoil_signature=mirrored),
    "made within the clocks' tolerance": lambda r: r.having(oids.SIGNING_TIME, text_time(NOW + timedelta(minutes=5))),
    "without CMSAlgorithmProtection": lambda r: r.without(oids.ALGORITHM_PROTECTION),
}


@pytest.mark.parametrize("what", ACCEPTED)
def test_awss_dialect_allows_a_block(what: str) -> None:
    assert judge(ACCEPTED[what](aws_recipe())).path.root.kind is RootKind.IMPORTED


def test_a_long_dead_leaf_still_counts_at_its_signing_time() -> None:
    block = aws_recipe().build()
    verified = verify_envelope(block, roots=trust(aws_root()), at=NOW + timedelta(days=4000))
    assert verified.envelope.attributes.profile_version_arn == ARN


def test_the_end_of_time_is_a_moment_to_judge_at() -> None:
    end = datetime.max.replace(tzinfo=UTC)
    assert verify_envelope(aws_recipe().build(), roots=trust(aws_root()), at=end).seal is None


def test_what_was_accepted_once_is_judged_again_by_the_time_the_roots_and_each_byte() -> None:
    block, roots = sealed_recipe().build(), trust(sealed_root())
    for _ in range(2):
        verify_envelope(block, roots=roots, at=NOW)
    with pytest.raises(IntegrityError, match="future"):
        verify_envelope(block, roots=roots, at=NOW - timedelta(minutes=6))
    with pytest.raises(IntegrityError, match="no valid path to a trusted root"):
        verify_envelope(block, roots=trust(aws_root()), at=NOW)
    for number in range(0, len(block), 97):
        flipped = block[:number] + bytes([block[number] ^ 1]) + block[number + 1 :]
        with pytest.raises(IntegrityError):
            verify_envelope(flipped, roots=roots, at=NOW)


def test_with_no_root_nothing_is_accepted() -> None:
    assert refusal(aws_recipe(), TrustRoots()) == "UntrustedSigner"


def test_a_good_sealed_block_is_accepted() -> None:
    verified = judge(sealed_recipe())
    assert verified.seal is not None
    assert verified.seal.entries == 3


def foreign_leaf_arn(_: Recipe) -> Recipe:
    return sealed_recipe(sealed_leaf(ARN + "x"))


def without_seal(recipe: Recipe) -> Recipe:
    return recipe.without(oids.ARCHIVE_SEAL)


def with_mirrored_certificate(recipe: Recipe) -> Recipe:
    """Swap the leaf certificate's own signature for its mirror: a valid certificate with other bytes."""
    leaf = recipe.signer.certificate
    value = leaf.signature
    twin = mirrored(value)
    der = recipe.certificates[0]
    assert der.endswith(value)
    body = leaf.tbs_certificate_bytes + encode(SEQUENCE, oids.ECDSA_WITH_SHA384) + encode(0x03, b"\0" + twin)
    return replace(recipe, certificates=(encode(SEQUENCE, body), recipe.certificates[1]))


def with_two_names(_: Recipe) -> Recipe:
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(ARN), x509.DNSName("example.com")])
    return sealed_recipe(sealed_leaf(extensions=(*leaf_extensions(), (names, False))))


def under_an_unlimited_leaf_ca(_: Recipe) -> Recipe:
    """A path that is one certificate longer than what the block carries leads elsewhere."""
    leaf = CertificateRecipe(name="Root leaf", issuer=sealed_root(), extensions=(*leaf_extensions(), uri(ARN))).make()
    return bind(replace(sealed_recipe(leaf), certificates=(leaf.der, sealed_issuing().der)))


SPOILT_SEALED: dict[str, tuple[Change, str]] = {
    "in indefinite lengths": (lambda r: replace(r, is_indefinite=True), "NotCanonical"),
    "without parameters of the digest algorithm": (
        lambda r: replace(r, digest_algorithm=SHA384_ALGORITHM_BARE),
        "NotCanonical",
    ),
    "with fractions of a second": (lambda r: r.having(oids.SIGNING_TIME, text_time(NOW, ".5")), "NotCanonical"),
    "with an attribute that nobody knows": (
        lambda r: r.adding(UNKNOWN, encode(UTF8_STRING, b"hello")),
        "NotCanonical",
    ),
    "without CMSAlgorithmProtection": (lambda r: r.without(oids.ALGORITHM_PROTECTION), "NotCanonical"),
    "without the hashes of its certificates": (lambda r: r.without(oids.SIGNING_CERTIFICATE_V2), "NotCanonical"),
    "without its seal": (without_seal, "SealMissing"),
    "with a seal of another version": (
        lambda r: r.having(oids.ARCHIVE_SEAL, any_seal().replace(b"\x02\x01\x01", b"\x02\x01\x02", 1)),
        "SealUnknown",
    ),
    "with a seal that is none": (lambda r: r.having(oids.ARCHIVE_SEAL, encode(SEQUENCE)), "SealUnreadable"),
    "in the mirrored form of its signature": (lambda r: replace(r, spoil_signature=mirrored), "BadSignature"),
    "with a certificate's mirrored signature": (with_mirrored_certificate, "CertificatesAltered"),
    "with its certificates in another order": (
        lambda r: bind(replace(r, certificates=tuple(reversed(r.certificates)))),
        "NotCanonical",
    ),
    "with its root inside": (
        lambda r: bind(replace(r, certificates=(*r.certificates, sealed_root().der))),
        "CertificatesAltered",
    ),
    "with a certificate twice": (
        lambda r: bind(replace(r, certificates=(*r.certificates, r.certificates[1]))),
        "CertificatesAltered",
    ),
    "with a certificate that was not signed": (
        lambda r: replace(r, certificates=(*r.certificates, aws_root().der)),
        "CertificatesAltered",
    ),
    "with certificates that are not the path": (under_an_unlimited_leaf_ca, "CertificatesAltered"),
    "whose leaf is for another profile version": (foreign_leaf_arn, "WrongProfileVersion"),
    "whose leaf has no name": (
        lambda _: sealed_recipe(sealed_leaf(extensions=leaf_extensions())),
        "WrongProfileVersion",
    ),
    "whose leaf has two names": (with_two_names, "WrongProfileVersion"),
    "with unsigned attributes": (
        lambda r: replace(r, unsigned=encode(CONTEXT_1, encode_attribute(TIMESTAMP_TOKEN, encode(SEQUENCE)))),
        "MalformedSignature",
    ),
    "with r negative": (
        lambda r: replace(r, spoil_signature=lambda _: encode(SEQUENCE, b"\x02\x01\xff\x02\x01\x01")),
        "BadSignature",
    ),
}


@pytest.mark.parametrize("what", SPOILT_SEALED)
def test_no_sealed_block_is_accepted(what: str) -> None:
    change, reason = SPOILT_SEALED[what]
    assert refusal(change(sealed_recipe())) == reason


def test_the_seal_is_mandatory_under_an_authoritys_root_whatever_its_policy() -> None:
    roots = trust(aws_root(), kind=RootKind.AUTHORITY)
    assert refusal(aws_recipe(), roots) == "SealMissing"


def test_the_seal_is_mandatory_where_only_the_issuing_ca_has_the_policy() -> None:
    issuing = CertificateRecipe(
        name="Sealed CA", issuer=aws_root(), extensions=ca_extensions(0, is_sealed=True), not_after=NOW + timedelta(9)
    ).make()
    leaf = aws_leaf(issuer=issuing)
    recipe = replace(aws_recipe(leaf), certificates=(leaf.der, issuing.der))
    assert refusal(recipe) == "SealMissing"


def test_a_foreign_signer_who_seals_is_held_to_the_seal() -> None:
    leaf = aws_leaf(extensions=(*leaf_extensions(), uri(ARN)))
    recipe = bind(replace(sealed_recipe(leaf), certificates=(leaf.der, aws_issuing().der)))
    assert judge(recipe).seal is not None
    assert refusal(replace(recipe, certificates=(leaf.der, aws_issuing().der, aws_root().der))) == "CertificatesAltered"
