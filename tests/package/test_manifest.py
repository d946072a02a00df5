"""The manifest of a package: its text, and what an archive must be to be as it says."""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.errors import PackageError
from sealgate.package.archive import AWS_FRAMED, DEPLOYABLE
from sealgate.package.digest import digest_contents
from sealgate.package.embed import prepare_package
from sealgate.package.layout import SIGNATURE_NAME, begins_with_manifest
from sealgate.package.manifest import MODES, ManifestEntry, encode_manifest, parse_manifest, verify_manifest
from sealgate.package.source import BytesSource
from tests.support.archives import read, seal_bytes
from tests.support.packing import FILE, LINK, PROGRAM, pack
from tests.support.zips import Member, folder, link, write_zip

NAME = b".sealgate-manifest"
BODIES = (Member(b"app.py", b"import lib\n"), Member(b"lib.py", b"LIB = 1\n"))
SIGNATURE = Member(SIGNATURE_NAME, b"a signature")


def entry_of(member: Member) -> ManifestEntry:
    assert member.mode is not None
    return ManifestEntry(member.mode, len(member.body), hashlib.sha384(member.body).digest(), member.name)


def manifest_of(members: Sequence[Member], **change: bytes) -> Member:
    body = encode_manifest(map(entry_of, members))
    for old, new in change.items():
        body = body.replace(old.encode(), new)
    return Member(NAME, body)


def check(*members: Member) -> int | None:
    return verify_manifest(read(write_zip(members), DEPLOYABLE))


def refusal(*members: Member) -> str:
    with pytest.raises(PackageError) as caught:
        check(*members)
    return caught.value.message


ENTRIES = st.builds(
    ManifestEntry,
    st.sampled_from(MODES),
    st.integers(0, 10**11),
    st.binary(min_size=48, max_size=48),
    st.binary(min_size=1, max_size=30).filter(lambda name: b"\n" not in name),
)


@given(st.lists(ENTRIES, max_size=5))
def test_what_is_written_is_read_again(entries: list[ManifestEntry]) -> None:
    body = encode_manifest(entries)

    assert list(parse_manifest(body)) == entries
    assert int(body[:8]) == len(body)


def test_a_manifest_is_text_that_says_its_length_first() -> None:
    digest = hashlib.sha384(b"import lib\n").hexdigest()

    assert (
        encode_manifest([entry_of(BODIES[0])]) == f"00000143 sealgate-manifest-1\n100644 11 {digest} app.py\n".encode()
    )


def test_a_name_with_a_line_break_cannot_be_listed() -> None:
    with pytest.raises(PackageError, match="cannot stand in a manifest"):
        encode_manifest([ManifestEntry(FILE, 0, bytes(48), b"a\nb")])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"00000143", b"00000144"),
        (b"00000143", b"143     "),
        (b"manifest-1", b"manifest-2"),
        (b"100644", b"100600"),
        (b"100644", b"0100644"),
        (b" 11 ", b" 011 "),
        (b" 11 ", b"  11 "),
        (b" 11 ", b" -1 "),
        (b"app.py\n", b"app.py"),
        (b"app.py\n", b"\n"),
        (b"app.py\n", b"app.py\n\n"),
    ],
)
def test_a_manifest_in_any_other_form_is_refused(old: bytes, new: bytes) -> None:
    body = encode_manifest([entry_of(BODIES[0])]).replace(old, new)
    if not old.startswith(b"0"):
        body = b"%08d" % len(body) + body[8:]

    with pytest.raises(PackageError, match="manifest"):
        list(parse_manifest(body))


@pytest.mark.parametrize("tail", [[], [folder(b"META_INF/"), SIGNATURE]], ids=["unsigned", "signed"])
def test_an_archive_as_its_manifest_says_is_accepted(tail: list[Member]) -> None:
    assert check(manifest_of(BODIES), *BODIES, *tail) == 2


def test_an_archive_without_a_manifest_has_none() -> None:
    assert check(*BODIES) is None
    assert check(SIGNATURE, *BODIES) is None


def test_meta_inf_may_be_listed() -> None:
    listed = [*BODIES, folder(b"META_INF/")]

    assert check(manifest_of(listed), *listed, SIGNATURE) == 3


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([manifest_of(BODIES), BODIES[0]], "entry 'lib.py': the manifest lists it here"),
        ([manifest_of(BODIES), *reversed(BODIES)], "entry 'app.py': the manifest lists it here"),
        ([manifest_of(BODIES), *BODIES, Member(b"more.py")], "stands something else"),
        ([manifest_of(BODIES), *BODIES, folder(b"META_INF/")], "stands something else"),
        ([manifest_of(BODIES), *BODIES, SIGNATURE], "stands something else"),
        ([manifest_of(BODIES), *BODIES, SIGNATURE, folder(b"META_INF/")], "stands something else"),
        ([manifest_of(BODIES), SIGNATURE, *BODIES, folder(b"META_INF/")], "entry 'app.py': the manifest lists it here"),
        ([SIGNATURE, manifest_of(BODIES), *BODIES, folder(b"META_INF/")], "not cut as a manifest"),
        ([manifest_of(BODIES), BODIES[0], Member(b"lib.py", b"LIB = 1")], "it has 7 bytes; the manifest says 8"),
        ([manifest_of(BODIES), BODIES[0], Member(b"lib.py", b"LIB = 2\n")], "does not have the SHA-384"),
        ([manifest_of(BODIES), BODIES[0], Member(b"lib.py", b"LIB = 1\n", mode=PROGRAM)], "mode is not 100644"),
        ([manifest_of(BODIES), BODIES[0], Member(b"lib.py", b"LIB = 1\n", mode=0o104644)], "mode is not 100644"),
        ([manifest_of(BODIES), BODIES[0], Member(b"lib.py", b"LIB = 1\n", mode=None)], "mode is not 100644"),
        ([manifest_of(BODIES), BODIES[0], link(b"lib.py", b"LIB = 1\n")], "mode is not 100644"),
        ([Member(NAME, manifest_of(BODIES).body, mode=LINK), *BODIES], ""),
        ([Member(NAME, manifest_of(BODIES).body, mode=None), *BODIES], "not cut as a manifest"),
        ([Member(NAME + b"0", manifest_of(BODIES).body[1:]), *BODIES], "not cut as a manifest"),
        ([Member(NAME[:9], NAME[9:] + manifest_of(BODIES).body), *BODIES], "not cut as a manifest"),
        ([Member(NAME[:1] + b"x"), Member(NAME), *BODIES], None),
        ([Member(NAME[:9]), Member(NAME[9:], manifest_of(BODIES).body), *BODIES], "not cut as a manifest"),
        ([Member(NAME, b"0"), *BODIES], "does not begin with its own length"),
    ],
)
def test_an_archive_that_is_cut_otherwise_is_refused(members: list[Member], words: str | None) -> None:
    if words is None:  # the stream begins in another way
        assert check(*members) is None
    else:
        assert words in refusal(*members)


def cuts(stream: bytes, generator: random.Random) -> Iterator[list[Member]]:
    """Cut a stream of letters into names and bodies, again and again, at random."""
    while True:
        places = sorted(generator.sample(range(1, len(stream)), 2 * generator.randint(1, 4) - 1))
        parts = [stream[a:b] for a, b in itertools.pairwise([0, *places, len(stream)])]
        names = parts[::2]
        if len({name.lower() for name in names}) == len(names):
            yield [Member(name, body) for name, body in zip(names, parts[1::2], strict=True)]


def test_of_a_thousand_other_cuts_the_digest_refuses_none_and_the_manifest_all() -> None:
    honest = [Member(b"handler", b"deny"), Member(b"guard", b"allowallow"), Member(b"notes", b"guarddoc")]
    stream = b"".join(member.name + member.body for member in honest)
    manifest = manifest_of(honest)
    digest = digest_contents(read(write_zip([manifest, *honest])))
    generator = random.Random(5)  # noqa: S311 - nothing secret is drawn
    others = itertools.islice((cut for cut in cuts(stream, generator) if cut != honest), 1000)
    for other in others:
        forged = read(write_zip([manifest, *other]))
        assert digest_contents(forged) == digest
        with pytest.raises(PackageError):
            verify_manifest(forged)


@pytest.mark.parametrize(
    "members",
    [
        (*BODIES, manifest_of(BODIES)),
        (Member(b".Sealgate-Manifest"), *BODIES),
        (Member(NAME + b"/x"), *BODIES),
        (manifest_of(BODIES), *BODIES, Member(NAME + b"-2")),
        (manifest_of(BODIES), BODIES[0]),
        (Member(NAME[:9], NAME[9:]), *BODIES),
    ],
    ids=["not first", "in other letters", "as a folder", "a longer name", "wrong", "in the stream only"],
)
def test_nothing_is_signed_that_could_be_taken_for_a_manifest_and_is_none(members: tuple[Member, ...]) -> None:
    with pytest.raises(PackageError, match="manifest"):
        prepare_package(BytesSource(write_zip(members)))


def test_a_package_with_a_manifest_is_signed_with_it() -> None:
    signed, _ = seal_bytes(pack({"app.py": b"x", "alias": b"app.py"}, alias=LINK))

    assert begins_with_manifest(BytesSource(signed))
    assert verify_manifest(read(signed, AWS_FRAMED)) == 2


@pytest.mark.parametrize("package", [b"", b"PK", write_zip(BODIES), write_zip([Member(NAME[:9], NAME[9:])])])
def test_other_files_do_not_begin_with_a_manifest(package: bytes) -> None:
    assert not begins_with_manifest(BytesSource(package))
