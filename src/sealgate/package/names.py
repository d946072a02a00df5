"""Names of entries: what each may be, and that no two mean the same file.

A name is the raw bytes of the header: parts separated by `/`, with one at the end for a directory.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from sealgate.errors import PackageError
from sealgate.package.layout import MANIFEST_NAME, META_DIRECTORY, SIGNATURE_NAME
from sealgate.package.rules import MAX_DEPTH, MAX_NAME, MAX_NAME_PART, PackageTooLarge, Rules

_DEVICE = r"(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])"
_PART = rf"(?!{_DEVICE}(?:[./]|\Z))[\w@+=,~()\[\]{{}}#$%&'!; .-]{{0,254}}[\w@+=,~()\[\]{{}}#$%&'!;-]"
_PLAIN = re.compile(rf"(?:{_PART}/){{0,{MAX_DEPTH - 1}}}{_PART}/?".encode("ascii"))
"""Most names: ASCII, and none of the rules below can refuse them."""
_PLAIN_LEAF = re.compile(_PART.encode("ascii"))
"""The last part of such a name."""

_IS_DEVICE = re.compile(rf"{_DEVICE}(?:\..*)?", re.DOTALL)
_DRIVE = re.compile(rb"[A-Za-z]:")

_META = META_DIRECTORY.rstrip(b"/")
_SIGNATURE_FOLDED = SIGNATURE_NAME.lower()
_RESERVED = (b"meta_inf", MANIFEST_NAME)
_UNPRINTABLE = {
    "Cc": "a control character",
    "Cf": "an invisible formatting character",
    "Cn": "an unassigned character",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
}
"""Unicode general categories (UAX #44, table 12) that a name may not contain, with their words."""

_FILE, _DIRECTORY, _IMPLIED = 1, 2, 3

_PARENTS = 1024
"""Parents that are remembered; a bound on memory, not on packages."""


def show_name(name: bytes) -> str:
    """Write a name for a message: never longer than a line or two."""
    return name[:200].decode("utf-8", "replace")


def split_name(name: bytes) -> tuple[bytes, ...]:
    """Split a checked name into the parts of the path that it means; `./` and doubled slashes mean nothing."""
    return tuple(part for part in name.split(b"/") if part not in (b"", b"."))


class NameRegistry:
    """The names of one archive so far. What it keeps of each is a number of 64 bits."""

    __slots__ = ("_kinds", "_max_paths", "_parents", "_plain", "_plain_folders")

    def __init__(self, rules: Rules) -> None:
        self._plain = rules.plain_names
        self._max_paths = rules.max_paths
        # The keys are `hash` values. That two paths have one key happens once in 10^9 packages of 100,000 entries, and
        # refuses that package: it can never let anything pass.
        self._kinds: dict[int, int] = {}
        self._parents: set[bytes] = set()  # those whose parents need not be entered again
        self._plain_folders: set[bytes] = set()  # as names spell them; entered, like all that is above them

    def add(self, name: bytes, *, utf8: bool) -> None:
        """Check one name and enter it.

        Args:
            name: The bytes of the header.
            utf8: Whether the header says that they are UTF-8.

        Raises:
            PackageError: The name breaks a rule, or means the same file as one before it.
        """
        # Most entries lie beside one that was checked: then only the last part is new.
        folder, _, leaf = name.rpartition(b"/")
        if folder in self._plain_folders and len(name) <= MAX_NAME and _PLAIN_LEAF.fullmatch(leaf) is not None:
            key = hash(name.lower() if self._plain else name)
            if key not in self._kinds:
                self._kinds[key] = _FILE
                return
        self._add_fully(name, folder, utf8=utf8)

    def _add_fully(self, name: bytes, folder: bytes, *, utf8: bool) -> None:
        """Check and enter a name of which nothing is known, and remember its folder if what lies beside it is plain."""
        is_plain = _PLAIN.fullmatch(name) is not None and len(name) <= MAX_NAME
        if not is_plain:
            check_name(name, utf8=utf8, plain=self._plain)
        is_directory = name.endswith(b"/")
        path = name[:-1] if is_directory else name
        if self._plain:
            path = path.lower() if path.isascii() else _fold(name, path)
            if path.startswith(_RESERVED):
                _refuse_reserved(name, path, is_first=not self._kinds)
        else:
            path = b"/".join(split_name(name))
            if not path:  # the entry `./`: the package's own folder
                return
        end = path.rfind(b"/")
        if end > 0 and path[:end] not in self._parents:
            self._imply(path[:end], name)
        key = hash(path)
        before = self._kinds.get(key)
        kind = _DIRECTORY if is_directory else _FILE
        if before is not None and not (before == _IMPLIED and is_directory):
            raise _refusal(name, _clash(before, kind))
        self._kinds[key] = kind
        # What is reserved is judged by the whole name, so folders that begin like it are not remembered.
        if is_plain and folder and not is_directory and not folder.lower().startswith(_RESERVED):
            _remember(self._plain_folders, folder)

    def _imply(self, parent: bytes, name: bytes) -> None:
        """Enter a parent and all above it, known or not: a key that stands for two paths must stop neither."""
        _remember(self._parents, parent)
        end = len(parent)
        while end > 0:
            key = hash(parent[:end])
            if self._kinds.setdefault(key, _IMPLIED) == _FILE:
                raise _refusal(name, "an entry that is a file is used as a directory")
            end = parent.rfind(b"/", 0, end)
        if len(self._kinds) > self._max_paths:
            raise PackageTooLarge(f"the names imply more than {self._max_paths} files and directories")


def _remember(folders: set[bytes], folder: bytes) -> None:
    if len(folders) >= _PARENTS:
        folders.clear()
    folders.add(folder)


def check_name(name: bytes, *, utf8: bool, plain: bool) -> None:
    """Check what one name says by itself.

    Raises:
        PackageError: It leaves the package, or could mean different files to different readers; or, where `plain`
            names are asked for, it breaks one of their rules.
    """
    rule = _broken_rule(name) or (_broken_plain_rule(name, utf8=utf8) if plain else None)
    if rule is not None:
        raise _refusal(name, rule)


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_too_long(name: bytes) -> bool:
    return len(name) > MAX_NAME or any(len(part) > MAX_NAME_PART for part in name.split(b"/"))


def _is_too_deep(name: bytes) -> bool:
    return name.removesuffix(b"/").count(b"/") >= MAX_DEPTH


_RULES: tuple[tuple[Callable[[bytes], bool], str], ...] = (
    (lambda name: not name, "the name is empty"),
    (_is_too_long, f"the name is longer than {MAX_NAME} bytes, or a part of it than {MAX_NAME_PART}"),
    (_is_too_deep, f"the name has more than {MAX_DEPTH} parts"),
    (lambda name: b"\0" in name, "the name contains a NUL"),
    (
        lambda name: name.startswith(b"/") or _DRIVE.match(name) is not None,
        "the name is absolute: pack with names relative to the package's folder",
    ),
    (lambda name: b"\\" in name, "the name contains a backslash: pack with a tool that writes '/' between folders"),
    (lambda name: b".." in name.split(b"/"), "the name contains '..': pack from inside the package's folder"),
    (lambda name: not _is_utf8(name), "the name is not UTF-8: pack with a tool that writes UTF-8 names"),
)
"""What makes a name unacceptable to anybody, with the words for it."""


def _broken_rule(name: bytes) -> str | None:
    return next((rule for is_broken, rule in _RULES if is_broken(name)), None)


def _broken_plain_rule(name: bytes, *, utf8: bool) -> str | None:
    """Find what makes a name mean different things to different readers or file systems."""
    text = name.decode("utf-8")
    if not name.isascii():
        if not utf8:
            return "the name is not ASCII and not marked as UTF-8: pack with a tool that marks it (python -m zipfile)"
        if not unicodedata.is_normalized("NFC", text):
            return "the name is not in Unicode's normal form NFC: rename the file"
    for character in text:
        word = _UNPRINTABLE.get(unicodedata.category(character))
        if word is not None:
            return f"the name contains {word} (U+{ord(character):04X})"
    parts = text.removesuffix("/").split("/")
    if parts[0] == ".":
        return "the name begins with './': pack from inside the folder, without the './' (zip -r ../package.zip *)"
    return next((rule for rule in map(_broken_part_rule, parts) if rule is not None), None)


def _broken_part_rule(part: str) -> str | None:
    if part in ("", "."):
        return "the name contains an empty part or '.'"
    if part[-1] in ". ":
        return "a part of the name ends with a dot or a space"
    if _IS_DEVICE.fullmatch(part):
        return f"a part of the name, {part!r}, is a device on Windows"
    return None


def _fold(name: bytes, path: bytes) -> bytes:
    """Map all spellings that a case-blind or normalising file system takes for one path to one spelling."""
    text = unicodedata.normalize("NFKC", path.decode("utf-8"))
    if len(text) > MAX_NAME:  # some characters stand for eighteen
        raise _refusal(name, f"the name's normal form NFKC is longer than {MAX_NAME} characters")
    return unicodedata.normalize("NFKC", text.casefold()).encode("utf-8", "surrogatepass")


def _refuse_reserved(name: bytes, folded: bytes, *, is_first: bool) -> None:
    """Refuse what could be taken for the signature's entry or folder, or for the manifest, and is not exactly that."""
    if folded.startswith(MANIFEST_NAME):
        if name != MANIFEST_NAME or not is_first:
            raise _refusal(name, "the name is reserved: it could be taken for the manifest, which is the first entry")
        return
    first = folded.split(b"/", 1)[0]
    if first != b"meta_inf":
        return
    if name.split(b"/", 1)[0] != _META or name == _META:
        raise _refusal(name, "the name is reserved: it could be taken for the signature's folder META_INF/")
    if (folded + b"/").startswith(_SIGNATURE_FOLDED + b"/") and name != SIGNATURE_NAME:
        raise _refusal(name, "the name is reserved: it could be taken for the signature")


def _clash(before: int, kind: int) -> str:
    if before == kind:
        return "the name occurs twice (letter case and Unicode forms do not make names different)"
    if before == _FILE:
        return "the name is that of a directory and of a file"
    return "the name is that of a file and of a directory"


def _refusal(name: bytes, rule: str) -> PackageError:
    return PackageError(rule, entry=show_name(name))
