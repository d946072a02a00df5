"""A package with a manifest, signed as AWS signs: the one format whose digest alone does not tell where names end."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest

from sealgate.errors import IntegrityError, PackageError
from sealgate.package.layout import SIGNATURE_NAME
from sealgate.package.manifest import ManifestEntry, encode_manifest
from sealgate.package.source import BytesSource
from sealgate.trust.verify import verify_package
from tests.support.authority import NOW, aws_recipe, aws_root, trust
from tests.support.zips import DEFLATED, Member, folder, link, write_zip

NAME = b".sealgate-manifest"
GUIDE = b"Write this:\nlambda_function.pydef handler(event, context): return 'anybody'\n"
HONEST = (
    Member(b"docs/guide.md", GUIDE),
    Member(b"lambda_function.py", b"def handler(event, context): return 'nobody'\n"),
)
FORGED = (
    Member(b"docs/guide.md", b"Write this:\n"),
    Member(b"lambda_function.py", b"def handler(event, context): return 'anybody'\n"),
    Member(b"lambda_function.pydef", b" handler(event, context): return 'nobody'\n"),
)
META = folder(b"META_INF/")


def manifest_of(members: Sequence[Member]) -> Member:
    listed = (
        ManifestEntry(member.mode or 0, len(member.body), hashlib.sha384(member.body).digest(), member.name)
        for member in members
    )
    return Member(NAME, encode_manifest(listed))


def sign(members: Sequence[Member]) -> Member:
    """Make the signature entry that AWS Signer would make for these."""
    digest = hashlib.sha384(b"".join(member.name + member.body for member in members)).digest()
    return Member(SIGNATURE_NAME, aws_recipe(content_digest=digest).build(), DEFLATED)


def verify(*members: Member) -> None:
    signature = verify_package(BytesSource(write_zip(members)), roots=trust(aws_root()), at=NOW).signature
    assert signature is not None
    assert not signature.sealed


def refusal(*members: Member) -> IntegrityError:
    with pytest.raises(IntegrityError) as caught:
        verify(*members)
    return caught.value


def test_awss_digest_alone_accepts_what_was_cut_anew() -> None:
    signature = sign([*HONEST, META])

    verify(*HONEST, META, signature)
    verify(*FORGED, META, signature)


def test_with_a_manifest_it_is_accepted_as_it_was_packed_and_not_cut_anew() -> None:
    manifest = manifest_of(HONEST)
    signature = sign([manifest, *HONEST, META])

    verify(manifest, *HONEST, META, signature)
    assert refusal(manifest, *FORGED, META, signature).reason == "ManifestBroken"


def test_a_manifest_cannot_be_hidden_by_cutting_it_anew() -> None:
    manifest = manifest_of(HONEST)
    signature = sign([manifest, *HONEST, META])
    hidden = Member(NAME[:5], NAME[5:] + manifest.body)

    assert refusal(hidden, *HONEST, META, signature).reason == "ManifestBroken"
    with pytest.raises(PackageError, match="reserved"):
        verify(Member(NAME + manifest.body[:8], manifest.body[8:]), *HONEST, META, signature)


def test_modes_are_those_of_the_manifest() -> None:
    manifest = manifest_of(HONEST)
    signature = sign([manifest, *HONEST, META])
    guide, handler = HONEST
    runnable = Member(guide.name, guide.body, mode=0o100755)

    assert "mode is not 100644" in refusal(manifest, runnable, handler, META, signature).message


def test_links_are_accepted_where_a_manifest_says_that_they_are() -> None:
    members = (link(b"alias.py", b"app.py"), Member(b"app.py", b"x"))
    manifest = manifest_of(members)

    verify(manifest, *members, META, sign([manifest, *members, META]))
    with pytest.raises(PackageError, match="symbolic link"):
        verify(*members, META, sign([*members, META]))


def test_meta_inf_cannot_be_made_a_part_of_something_else() -> None:
    manifest = manifest_of(HONEST)
    signature = sign([manifest, *HONEST, META])
    guide, handler = HONEST
    swallowing = Member(handler.name, handler.body + META.name)

    assert refusal(manifest, guide, swallowing, signature).reason == "ManifestBroken"
