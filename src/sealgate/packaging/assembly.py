"""A cloud assembly, as `cdk synth` writes it: templates, and the assets that `cdk deploy` uploads.

The assembly itself is rewritten, so that `cdk deploy --app FOLDER` uploads the signed packages as it uploads any asset:
to the bucket, and with the roles, that the environment was bootstrapped with. An asset is named by what is in it: a
signed package is a new asset, and so is each template that names one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sealgate.errors import Invalid
from sealgate.packaging.assets import Assets, Json, encode_json, read_json, write_json
from sealgate.packaging.places import CODE, NESTED, Unsigned, find_in_resource
from sealgate.packaging.signer import SignedCode
from sealgate.packaging.sites import Site
from sealgate.packaging.tree import replace_file

_MANIFEST = "manifest.json"


def is_assembly(path: Path) -> bool:
    """Tell whether a folder is a cloud assembly."""
    return (path / _MANIFEST).is_file()


class Assembly:
    """A cloud assembly with those of its stages.

    Attributes:
        sites, unsigned: As of a `Deployment`.
        is_finished: Whether it was written anew.
    """

    def __init__(self, folder: Path) -> None:
        """Read manifests and templates.

        Raises:
            Invalid: Something is not as `cdk synth` writes it; the message names the folder or file.
            OSError: Something cannot be read.
        """
        self._folder = folder
        self.is_finished = False
        self.sites: list[Site] = []
        self.unsigned: list[Unsigned] = []
        self._templates: dict[Path, _Template] = {}
        try:
            self._read(read_json(folder / _MANIFEST))
        except (KeyError, TypeError, AttributeError) as error:
            raise Invalid(f"{folder}: is not as cdk synth writes an assembly: {error!r}") from error

    def finish(self) -> None:
        """Write templates, then what names them, and the manifest last."""
        for stage in self._stages:
            stage.finish()
        renamed: dict[str, str] = {}
        for template in reversed(self._templates.values()):  # the nested ones before those that name them
            template.write(renamed, self._assets)
        for assets in self._assets:
            assets.write(template.content for template in self._templates.values())
        for _, stack in self._artifacts("aws:cloudformation:stack"):
            url = stack["properties"].get("stackTemplateAssetObjectUrl")
            if url is not None:
                stack["properties"]["stackTemplateAssetObjectUrl"] = rename(url, renamed)
        write_json(self._folder / _MANIFEST, self._manifest)
        self.is_finished = True

    def _read(self, manifest: Json) -> None:
        self._manifest = manifest
        self._assets = [
            Assets(self._folder / each["properties"]["file"]) for _, each in self._artifacts("cdk:asset-manifest")
        ]
        self._stages = [
            Assembly(self._folder / each["properties"]["directoryName"])
            for _, each in self._artifacts("cdk:cloud-assembly")
        ]
        for name, stack in self._artifacts("aws:cloudformation:stack"):
            self._read_template(self._folder / stack["properties"]["templateFile"], f"{name}/")
        for stage in self._stages:
            self.sites += stage.sites
            self.unsigned += stage.unsigned

    def _artifacts(self, kind: str) -> Iterator[tuple[str, Json]]:
        for name, artifact in self._manifest["artifacts"].items():
            if artifact["type"] == kind:
                yield name, artifact

    def _read_template(self, path: Path, above: str) -> None:
        """Read a template of the assembly, and those nested in it."""
        if path in self._templates:
            return
        template = self._templates[path] = _Template(path)
        for name, resource in template.content.get("Resources", {}).items():
            kind, properties = resource["Type"], resource.get("Properties", {})
            found = self._find_asset(properties.get(CODE[kind].name if kind in CODE else NESTED.get(kind, "")))
            if found is None:
                self._tell_unsigned(name, resource, above)
            elif kind in NESTED:
                self._read_template(found[1], f"{above}{name}/")
            else:
                put = _Putter(properties[CODE[kind].name], self._assets, found[0])
                self.sites.append(Site(resource=above + name, path=found[1], put=put, keep=lambda _: None))

    def _find_asset(self, value: Any) -> tuple[str, Path] | None:
        """Find the asset whose key stands in a property's value: its key, and what it is made of."""
        found = (assets.find(texts_of(value)) for assets in self._assets)
        return next((each for each in found if each is not None), None)

    def _tell_unsigned(self, name: str, resource: Json, above: str) -> None:
        for place in find_in_resource(name, resource):
            reason = place.reason if isinstance(place, Unsigned) else f"{place.path} is no asset of the assembly"
            self.unsigned.append(Unsigned(resource=above + name, reason=reason))


class _Putter:
    """Makes a property name the asset that a signed package becomes, for each stack that has the asset."""

    def __init__(self, code: Json, assets: list[Assets], key: str) -> None:
        self._code = code
        self._assets = assets
        self._key = key

    def __call__(self, signed: SignedCode) -> None:
        (new,) = {each.replace_code(self._key, signed.file) for each in self._assets if each.has(self._key)}
        for member, value in self._code.items():
            if isinstance(value, str):
                self._code[member] = value.replace(self._key, new)


class _Template:
    """One template; it is written only if it has changed.

    Attributes:
        content: What it says now.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.content = read_json(path)
        self._before = encode_json(self.content)

    def write(self, renamed: dict[str, str], assets: list[Assets]) -> None:
        """Write what it says; templates that were renamed are named anew in it, and its own new name is noted."""
        self.content = json.loads(rename(encode_json(self.content).decode(), renamed))
        content = encode_json(self.content)
        if content == self._before:
            return
        replace_file(self._path, content)
        for each in assets:
            key = each.find_key(self._path)
            if key is not None:
                renamed[key] = each.rename_template(key, content)


def texts_of(value: Any) -> Iterator[str]:
    """Give out every text in a value; what intrinsic functions join last comes last."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_of(each)


def rename(text: str, renamed: dict[str, str]) -> str:
    """Answer a text with the new keys of assets; each has the 64 digits of a hash, which nothing else has."""
    for old, new in renamed.items():
        text = text.replace(old, new)
    return text
