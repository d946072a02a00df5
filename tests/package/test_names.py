"""What the registry of names must hold against names that are made to hurt it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate.errors import PackageError
from sealgate.package.archive import DEPLOYABLE, SIGNING, PackageTooLarge, Rules
from sealgate.package.names import NameRegistry, show_name, split_name

_PARTS = st.sampled_from(
    [b"a", b"A", b"b.py", b"B.py", b"con", b"x" * 256, b"", b".", b"..", b"a ", b"\xc3\xa9", b"META_INF", b"a\\"]
)
_NAMES = st.lists(_PARTS, min_size=1, max_size=4).map(b"/".join)


def fill(registry: NameRegistry, names: Iterable[bytes]) -> None:
    for name in names:
        registry.add(name, utf8=False)


def test_deep_names_cannot_fill_the_memory() -> None:
    deep = (b"%d/" % index + b"a/" * 98 + b"b" for index in range(2100))
    with pytest.raises(PackageTooLarge, match="imply more than"):
        fill(NameRegistry(SIGNING), deep)


def test_parents_are_remembered_however_many_there_are() -> None:
    registry = NameRegistry(SIGNING)
    fill(registry, (b"d%d/x" % index for index in range(3000)))
    with pytest.raises(PackageError, match="a file and of a directory"):
        registry.add(b"d0", utf8=False)


def test_long_runs_of_combining_characters_are_refused_before_they_are_normalised() -> None:
    with pytest.raises(PackageError, match="longer"):
        NameRegistry(SIGNING).add(b"a" + "\u0315\u0300".encode() * 16_000, utf8=True)


def test_names_that_grow_when_folded_are_accepted() -> None:
    NameRegistry(SIGNING).add("\ufdfa".encode() * 20, utf8=True)


def test_names_that_grow_beyond_measure_when_folded_are_refused_before_that_costs_time() -> None:
    with pytest.raises(PackageError, match="NFKC is longer"):
        NameRegistry(SIGNING).add(b"/".join(["\ufdfa".encode() * 80] * 16), utf8=True)


@pytest.mark.parametrize("rules", [SIGNING, DEPLOYABLE])
@pytest.mark.parametrize("part", [b"a", "é".encode()])
def test_a_name_has_at_most_a_hundred_parts(rules: Rules, part: bytes) -> None:
    deepest = b"/".join([part] * 100)
    NameRegistry(rules).add(deepest, utf8=True)
    NameRegistry(rules).add(deepest + b"/", utf8=True)
    with pytest.raises(PackageError, match="more than 100 parts"):
        NameRegistry(rules).add(deepest + b"/" + part, utf8=True)


@pytest.mark.parametrize(
    ("name", "parts"),
    [(b"a/b", (b"a", b"b")), (b"./a//b/", (b"a", b"b")), (b"./", ()), (b"...", (b"...",))],
)
def test_a_name_splits_into_the_path_that_it_means(name: bytes, parts: tuple[bytes, ...]) -> None:
    assert split_name(name) == parts


def test_the_package_folder_itself_may_be_an_entry_of_what_deploys() -> None:
    registry = NameRegistry(DEPLOYABLE)
    registry.add(b"./", utf8=False)
    registry.add(b"./a", utf8=False)
    with pytest.raises(PackageError, match="twice"):
        registry.add(b"a", utf8=False)


def test_a_name_in_a_message_is_short_and_printable() -> None:
    assert show_name(b"\xff" + b"x" * 70_000) == "\ufffd" + "x" * 199


@given(names=st.lists(_NAMES, max_size=12), rules=st.sampled_from([SIGNING, DEPLOYABLE]))
@settings(max_examples=400)
def test_what_lies_beside_a_known_name_is_judged_as_if_nothing_were_known(names: list[bytes], rules: Rules) -> None:
    short, full = NameRegistry(rules), NameRegistry(rules)
    for name in names:
        assert judge(short, name) == judge(full, name)
        full._plain_folders.clear()


def judge(registry: NameRegistry, name: bytes) -> str | None:
    try:
        registry.add(name, utf8=True)
    except PackageError as error:
        return str(error)
    return None


def test_only_the_last_part_is_looked_at_beside_a_known_name() -> None:
    registry = NameRegistry(SIGNING)
    fill(registry, [b"lib/a", b"lib/b"])
    for name, rule in {
        b"lib/B": "occurs twice",
        b"lib/a/c": "is used as a directory",
        b"lib/nul.txt": "a device on Windows",
        b"lib/c.": "ends with a dot",
        b"lib/" + b"c" * 256: "longer than",
        b"lib": "a file and of a directory",
    }.items():
        with pytest.raises(PackageError, match=rule):
            registry.add(name, utf8=False)
