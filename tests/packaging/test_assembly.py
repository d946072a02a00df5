"""`sealgate package` on a cloud assembly: `cdk.out`, written by hand as `cdk synth` writes one."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.packaging import Workshop

SYNTHESISED = Path(__file__).parent / "cdk.out"


@pytest.fixture
def cdk(workshop: Workshop) -> Workshop:
    shutil.copytree(SYNTHESISED, workshop.folder / "cdk.out")
    return workshop


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text(encoding="utf-8"))


def keys(folder: Path, assets: str) -> dict[str, Path]:
    """Answer what a manifest of assets uploads: the key of each, and the file."""
    return {
        destination["objectKey"]: folder / entry["source"]["path"]
        for entry in read(folder, assets)["files"].values()
        for destination in entry["destinations"].values()
    }


def test_every_function_and_layer_of_every_stack_is_signed(cdk: Workshop) -> None:
    report = cdk.report("cdk.out")

    assert sorted(name for package in report["packages"] for name in package["resources"]) == [
        "Backend/App",
        "Backend/Layers/Layer",
        "Jobs/Job",
        "ProdApp/App",
    ]
    assert [each["resource"] for each in report["unsigned"]] == ["Backend/Inline"]


def test_what_a_template_names_is_uploaded_by_its_own_stack_and_is_signed(cdk: Workshop) -> None:
    cdk.report("cdk.out")
    folder = cdk.folder / "cdk.out"
    for stack in ("Backend", "Jobs", "assembly-Prod/ProdApp"):
        resource = read(folder, f"{stack}.template.json")["Resources"]
        code = next(each for name, each in resource.items() if name in {"App", "Job"})["Properties"]["Code"]
        uploaded = keys((folder / stack).parent, f"{Path(stack).name}.assets.json")
        file = uploaded[code["S3Key"]]
        assert code["S3Key"] == f"{hashlib.sha256(file.read_bytes()).hexdigest()}.zip"
        assert cdk.verify(str(file)).returncode == 0


def test_an_asset_that_was_signed_is_uploaded_as_a_file_and_the_unsigned_one_not_at_all(cdk: Workshop) -> None:
    before = keys(cdk.folder / "cdk.out", "Jobs.assets.json")
    cdk.report("cdk.out")
    after = read(cdk.folder / "cdk.out", "Jobs.assets.json")["files"].values()

    assert not set(before) & {d["objectKey"] for entry in after for d in entry["destinations"].values()}
    assert {entry["source"]["packaging"] for entry in after} == {"file"}


def test_an_asset_that_is_no_code_stays(cdk: Workshop) -> None:
    site = next(key for key, path in keys(SYNTHESISED, "Backend.assets.json").items() if (path / "index.html").exists())
    cdk.report("cdk.out")

    assert site in keys(cdk.folder / "cdk.out", "Backend.assets.json")


def test_changed_templates_are_named_by_their_contents_wherever_they_are_named(cdk: Workshop) -> None:
    cdk.report("cdk.out")
    folder = cdk.folder / "cdk.out"
    uploaded = keys(folder, "Backend.assets.json")
    for key, file in uploaded.items():
        if key.endswith(".json"):
            assert key == f"{hashlib.sha256(file.read_bytes()).hexdigest()}.json"
    url = read(folder, "manifest.json")["artifacts"]["Backend"]["properties"]["stackTemplateAssetObjectUrl"]
    assert uploaded[url.rsplit("/", 1)[1]].name == "Backend.template.json"
    layers = read(folder, "Backend.template.json")["Resources"]["Layers"]["Properties"]["TemplateURL"]
    assert uploaded[layers["Fn::Join"][1][-1].removeprefix("/")].name.endswith(".nested.template.json")


def test_a_second_run_on_what_came_of_the_first_changes_nothing(cdk: Workshop) -> None:
    cdk.report("cdk.out")
    folder = cdk.folder / "cdk.out"
    first = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    report = cdk.report("cdk.out")

    assert {package["outcome"] for package in report["packages"]} == {"kept"}
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == first


def test_an_unchanged_app_that_is_synthesised_again_stays_unchanged(cdk: Workshop) -> None:
    cdk.report("cdk.out", "--output", "one")
    report = cdk.report("cdk.out", "--output", "two")

    assert {package["outcome"] for package in report["packages"]} == {"reused"}
    for path in (cdk.folder / "one").rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (cdk.folder / "two" / path.relative_to(cdk.folder / "one")).read_bytes()


def test_a_copy_leaves_what_was_synthesised_alone_and_is_removed_when_nothing_came_of_it(cdk: Workshop) -> None:
    told = cdk.package("cdk.out", "--output", "signed.out", "--require-all")

    assert told.returncode == 1
    assert not (cdk.folder / "signed.out").exists()
    assert (cdk.folder / "cdk.out/manifest.json").read_bytes() == (SYNTHESISED / "manifest.json").read_bytes()


def test_nothing_is_written_over(cdk: Workshop) -> None:
    told = cdk.package("cdk.out", "--output", ".")

    assert (told.returncode, "is there already" in told.stderr) == (2, True)


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("manifest.json", "{}", "not as cdk synth writes an assembly"),
        ("manifest.json", "[]", "not a JSON object"),
        ("Backend.assets.json", "{", "Backend.assets.json: not JSON"),
        ("Backend.template.json", '{"Resources": {"A": {}}}', "not as cdk synth writes an assembly"),
    ],
)
def test_what_is_no_assembly_is_refused(cdk: Workshop, file: str, content: str, words: str) -> None:
    cdk.write({f"cdk.out/{file}": content})

    told = cdk.package("cdk.out")

    assert told.returncode == 2
    assert words in told.stderr
