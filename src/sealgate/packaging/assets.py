"""The assets of a cloud assembly: files and folders that `cdk deploy` uploads, named by what is in them."""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sealgate.errors import Invalid
from sealgate.packaging.tree import replace_file

Json = dict[str, Any]


def read_json(path: Path) -> Json:
    """Read a JSON object.

    Raises:
        Invalid: It is none; the message names the file.
        OSError: It cannot be read.
    """
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{path}: not JSON: {error}") from error
    if not isinstance(read, dict):
        raise Invalid(f"{path}: not a JSON object")
    return read


def write_json(path: Path, value: Json) -> None:
    """Write a JSON object as `cdk synth` does."""
    replace_file(path, encode_json(value))


def encode_json(value: Json) -> bytes:
    """Answer the bytes that `write_json` writes."""
    return json.dumps(value, indent=1, ensure_ascii=False).encode()


class Assets:
    """One manifest of assets (aws-cdk-lib's cloud-assembly-schema: AssetManifest)."""

    def __init__(self, path: Path) -> None:
        """Read the manifest.

        Raises:
            Invalid: It is none.
            OSError: It cannot be read.
        """
        self._path = path
        self._manifest = read_json(path)
        self._files: Json = self._manifest.setdefault("files", {})
        self._replaced: dict[str, str] = {}

    def find(self, texts: Iterable[str]) -> tuple[str, Path] | None:
        """Find the asset that one of these texts ends in the key of: its key, and what it is made of."""
        for text in texts:
            for entry in self._files.values():
                for key in _keys(entry):
                    if text == key or text.endswith(f"/{key}"):
                        return key, self._path.parent / entry["source"]["path"]
        return None

    def has(self, key: str) -> bool:
        """Tell whether there is an asset of this key."""
        return any(key in _keys(entry) for entry in self._files.values())

    def find_key(self, path: Path) -> str | None:
        """Answer the key of the asset that is made of a file."""
        for entry in self._files.values():
            if (self._path.parent / entry["source"].get("path", "")).resolve() == path.resolve():
                return next(_keys(entry))
        return None

    def replace_code(self, key: str, file: Path) -> str:
        """Add a signed package as an asset in another one's stead, and answer its key."""
        with file.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        name = f"asset.{sha256}.zip"
        shutil.copyfile(file, self._path.parent / name)
        new = self._add(key, sha256, {"path": name, "packaging": "file"})
        self._replaced[key] = new
        return new

    def rename_template(self, key: str, content: bytes) -> str:
        """Name the asset of a template that was changed by its contents now, and answer its key."""
        name = next(name for name, entry in self._files.items() if key in _keys(entry))
        new = self._add(key, hashlib.sha256(content).hexdigest(), self._files[name]["source"])
        del self._files[name]
        return new

    def write(self, templates: Iterable[Json]) -> None:
        """Write the manifest, without assets that were replaced and that no template names any more."""
        named = b"".join(map(encode_json, templates))
        gone = {key for key in self._replaced if key.encode() not in named}
        for name in [name for name, entry in self._files.items() if set(_keys(entry)) & gone]:
            del self._files[name]
        write_json(self._path, self._manifest)

    def _add(self, key: str, sha256: str, source: Json) -> str:
        """Add an asset with the destinations of another one, but for its own key there."""
        name, entry = next((name, entry) for name, entry in self._files.items() if key in _keys(entry))
        old = key.rsplit("/", 1)[-1].split(".", 1)[0]
        added = copy.deepcopy(entry) | {"source": source}
        for destination in added["destinations"].values():
            destination["objectKey"] = destination["objectKey"].replace(old, sha256)
        self._files[name.replace(old, sha256)] = added
        return key.replace(old, sha256)


def _keys(entry: Json) -> Iterator[str]:
    for destination in entry["destinations"].values():
        yield destination["objectKey"]
