"""The list of what was unpacked: it says exactly what was signed, or nothing."""

from __future__ import annotations

import json

import pytest

from sealgate.errors import IntegrityError
from sealgate.trust.contents import (
    Item,
    Proof,
    SignedContents,
    Unpacked,
    directory_item,
    file_item,
    link_item,
    sign_contents,
    verify_contents,
)
from sealgate.x509.profile import AUDIT_HEAD, CODE_CONTENTS
from tests.support.authority import NOW
from tests.support.sealed import roots_of, shared_authority

ROOTS = roots_of(shared_authority())
UNPACKED = Unpacked(package_sha256="ab" * 32, proof=Proof.SEAL, unpacked_at=NOW)
ITEMS = [
    directory_item(b"a", mode=0o755),
    file_item(b"a/b", mode=0o644, size=3, blake3=bytes(32)),
    file_item(b"a-b", mode=0o755, size=0, blake3=b"\xff" * 32),
    file_item('line\nbreak "é"'.encode(), mode=0o644, size=1, blake3=b"\x01" * 32),
    link_item(b"z", b"not \xff UTF-8"),
]
"""In the order of their parts: what is in a directory stands right behind it, whatever byte a neighbour has there."""


def sign(items: list[Item] | None = None) -> SignedContents:
    return sign_contents(UNPACKED, ITEMS if items is None else items, shared_authority())


def read(contents: SignedContents) -> list[Item]:
    return list(verify_contents(contents, roots=ROOTS, at=NOW).items())


def signed_text(text: bytes) -> SignedContents:
    """A text of another version, by the same signer."""
    block = shared_authority().sign_statement(text, kind=CODE_CONTENTS, signing_time=NOW)
    return SignedContents(text=text, block=block)


def test_what_is_read_is_what_was_signed() -> None:
    verified = verify_contents(sign(), roots=ROOTS, at=NOW)
    assert verified.unpacked == UNPACKED
    assert list(verified.items()) == ITEMS


def test_items_are_listed_in_one_order() -> None:
    assert sign(ITEMS[::-1]).text == sign().text


def test_the_text_is_one_json_value_a_line() -> None:
    lines = [json.loads(line) for line in sign().text.splitlines()]
    assert lines[0] == {
        "type": "sealgate-code-contents-2",
        "package": "ab" * 32,
        "proof": "seal",
        "unpackedAt": "2026-11-24T12:00:00+00:00",
    }
    assert lines[1:3] == [["d", "a", 0o755], ["f", "a/b", 0o644, 3, "00" * 32]]
    assert lines[5] == ["l", "z", "not \udcff UTF-8"]


def test_an_empty_package_has_a_list() -> None:
    assert read(sign([])) == []


@pytest.mark.parametrize("at", range(0, 300, 7))
def test_no_byte_can_be_changed(at: int) -> None:
    contents = sign()
    text = bytearray(contents.text)
    text[at] ^= 1
    with pytest.raises(IntegrityError) as caught:
        read(SignedContents(text=bytes(text), block=contents.block))
    assert caught.value.reason == "ContentsAltered"


def test_a_genuine_list_of_the_former_form_is_told_from_a_forged_one() -> None:
    former = signed_text(sign().text.replace(b"contents-2", b"contents-1"))
    with pytest.raises(IntegrityError) as caught:
        read(former)
    assert caught.value.reason == "FormerContents"
    with pytest.raises(IntegrityError) as caught:
        read(SignedContents(text=former.text, block=sign().block))
    assert caught.value.reason == "ContentsAltered"


def test_a_signer_of_other_texts_signs_no_list() -> None:
    text = sign().text
    block = shared_authority().sign_statement(text, kind=AUDIT_HEAD, signing_time=NOW)
    with pytest.raises(IntegrityError) as caught:
        read(SignedContents(text=text, block=block))
    assert caught.value.reason == "UntrustedSigner"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace(b"contents-2", b"contents-3"),
        lambda text: text.replace(b'"seal"', b'"trust"'),
        lambda text: text.replace(b":00:00+00:00", b":00:01+00:00"),
        lambda text: text.replace(b":00:00+00:00", b":00:00+01:00"),
        lambda text: text.replace(b'","', b'", "', 1),
        lambda _: b"",
        lambda _: b"[]\n",
        lambda text: text.replace(b'["d"', b'["x"'),
        lambda text: text.replace(b'["d","a",493]', b'["d","a"]'),
        lambda text: text.replace(b'["d","a",493]', b'["d",7,493]'),
        lambda text: text.replace(b'["d","a",493]', b"{}"),
        lambda text: text.replace(b"00" * 32, b"0x" * 32),
    ],
)
def test_a_text_of_another_form_is_not_guessed_at(spoil: object) -> None:
    assert callable(spoil)
    text = spoil(sign().text)
    assert text != sign().text
    with pytest.raises(IntegrityError) as caught:
        read(signed_text(text))
    assert caught.value.reason == "MalformedContents"
