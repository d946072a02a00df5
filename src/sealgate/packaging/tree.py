"""A CloudFormation or SAM template, and the templates on this machine that are nested in it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from sealgate.errors import Invalid
from sealgate.packaging.bucket import Bucket
from sealgate.packaging.places import CodePlace, NestedPlace, Unsigned, find_places
from sealgate.packaging.sites import Site
from sealgate.templates import Template, encode_json, encode_yaml, parse_template


def read_template(path: Path) -> tuple[Template, Callable[[Template], str]]:
    """Read a template, and answer it with what writes it in the same language.

    Raises:
        Invalid: It is none; the message names the file.
        OSError: It cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return parse_template(text), encode_json if text.lstrip().startswith("{") else encode_yaml
    except UnicodeDecodeError as error:
        raise Invalid(f"{path}: not UTF-8") from error
    except Invalid as error:
        raise Invalid(f"{path}: {error.message}") from error


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees a part of it."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            mode = path.stat().st_mode if path.exists() else 0o666 & ~_umask()
            os.fchmod(file.fileno(), mode & 0o777)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    """Answer the process's umask, which can be read by setting it only."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


class TemplateTree:
    """A template and those nested in it; what is written at the end is the outermost, the others are put into a bucket.

    Attributes:
        sites, unsigned: As of a `Deployment`.
    """

    def __init__(self, path: Path, bucket: Bucket, write: Callable[[str], None]) -> None:
        """Read the template and all below it.

        Args:
            path: The template.
            bucket: Where nested templates, and packages that are signed already, are put.
            write: Takes the text of the outermost template at the end.

        Raises:
            Invalid: A template is none, or nested in itself.
            OSError: One cannot be read.
        """
        self._bucket = bucket
        self._write = write
        self.sites: list[Site] = []
        self.unsigned: list[Unsigned] = []
        self._root = _Node(path, ())
        for node, above in self._root.walk(""):
            self._collect(node, above)

    def finish(self) -> None:
        """Put the nested templates into the bucket, innermost first, and write the outermost."""
        self._write(self._root.encode(self._bucket.put_template))

    def _collect(self, node: _Node, above: str) -> None:
        self.unsigned += (Unsigned(resource=above + each.resource, reason=each.reason) for each in node.unsigned)
        for place in node.code:
            self.sites.append(
                Site(
                    resource=above + place.resource,
                    path=node.folder / place.path,
                    put=lambda code, place=place: place.put(code.stored),  # type: ignore[misc]
                    keep=lambda file, place=place: self._keep(file, place),  # type: ignore[misc]
                )
            )

    def _keep(self, file: Path, place: CodePlace) -> None:
        with file.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        place.put(self._bucket.put_package(file, f"{sha256}.zip"))


class _Node:
    """One template.

    Attributes:
        folder: What its paths are relative to.
        code: Where it names code on this machine.
        unsigned: Code that is not.
    """

    def __init__(self, path: Path, outer: tuple[Path, ...]) -> None:
        resolved = path.resolve()
        if resolved in outer:
            raise Invalid(f"{path}: the template is nested in itself")
        self.folder = path.parent
        self._template, self._encode = read_template(path)
        try:
            places = list(find_places(self._template))
        except Invalid as error:
            raise Invalid(f"{path}: {error.message}") from error
        self.code = [place for place in places if isinstance(place, CodePlace)]
        self.unsigned = [place for place in places if isinstance(place, Unsigned)]
        nested = [place for place in places if isinstance(place, NestedPlace)]
        self._nested = [(place, _Node(self.folder / place.path, (*outer, resolved))) for place in nested]

    def walk(self, above: str) -> Iterator[tuple[_Node, str]]:
        """Give out this template and all below it, each with what its logical ids are prefixed by."""
        yield self, above
        for place, node in self._nested:
            yield from node.walk(f"{above}{place.resource}/")

    def encode(self, store: Callable[[str], str]) -> str:
        """Write the template's text; those below it are stored, and named by the address that comes back."""
        for place, node in self._nested:
            place.put(node.encode_and_store(store))
        return self._encode(self._template)

    def encode_and_store(self, store: Callable[[str], str]) -> str:
        """Store this template and those below it, and answer the address of this one."""
        return store(self.encode(store))
