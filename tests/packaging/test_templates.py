"""`sealgate package` on CloudFormation and SAM templates, against a running server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sealgate.templates import parse_template
from tests.support.packaging import Workshop
from tests.support.sealed import sign_bytes, zip_of

SAM = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  App:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ./app/
      Handler: handler.handler
      Role: !GetAtt Role.Arn
      Layers:
      - !Ref Layer
  Layer:
    Type: AWS::Serverless::LayerVersion
    Properties:
      ContentUri: layer
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Code: app
      Role: !GetAtt Role.Arn
  Inline:
    Type: AWS::Lambda::Function
    Properties:
      Code:
        ZipFile: |
          def handler(event, context):
            ...
"""
FILES = {"app/handler.py": "def handler(event, context): ...\n", "layer/python/lib.py": "LIB = 1\n"}


@pytest.fixture
def sam(workshop: Workshop) -> Workshop:
    workshop.write({"template.yaml": SAM, **FILES})
    return workshop


def properties(workshop: Workshop, name: str, file: str = "packaged.yaml") -> Any:
    return parse_template(workshop.read(file))["Resources"][name]["Properties"]


def test_each_package_is_signed_once_and_named_with_its_version(sam: Workshop) -> None:
    report = sam.report("template.yaml", "--output", "packaged.yaml")

    app, layer = report["packages"]
    assert (app["resources"], layer["resources"]) == (["App", "Worker"], ["Layer"])
    assert {each["outcome"] for each in report["packages"]} == {"signed"}
    stored = app["object"]
    assert properties(sam, "App")["CodeUri"] == {
        "Bucket": stored["bucket"],
        "Key": stored["key"],
        "Version": stored["version"],
    }
    assert properties(sam, "Worker")["Code"] == {
        "S3Bucket": stored["bucket"],
        "S3Key": stored["key"],
        "S3ObjectVersion": stored["version"],
    }
    assert properties(sam, "Layer")["ContentUri"]["Key"] == layer["object"]["key"]


def test_what_else_the_template_says_stays_as_it_was_written(sam: Workshop) -> None:
    sam.report("template.yaml", "--output", "packaged.yaml")

    written = sam.read("packaged.yaml")
    assert "      Role: !GetAtt Role.Arn\n      Layers:\n      - !Ref Layer\n" in written
    assert SAM[SAM.index("  Inline:") :] in written
    assert list(parse_template(written)["Resources"]) == ["App", "Layer", "Worker", "Inline"]


def test_a_second_run_signs_nothing_and_writes_the_same(sam: Workshop) -> None:
    sam.report("template.yaml", "--output", "packaged.yaml")
    first, keys = sam.read("packaged.yaml"), sam.keys()

    report = sam.report("template.yaml", "--output", "packaged.yaml")

    assert {each["outcome"] for each in report["packages"]} == {"reused"}
    assert (sam.read("packaged.yaml"), sam.keys()) == (first, keys)


def test_signed_packages_are_acceptable_and_have_a_manifest(sam: Workshop) -> None:
    for package in sam.report("template.yaml", "--output", "packaged.yaml")["packages"]:
        (sam.folder / "signed.zip").write_bytes(sam.fetch(package["object"]))
        told = sam.verify("signed.zip")
        assert (told.returncode, "ok           manifest" in told.stdout) == (0, True)


PARENT = """\
Resources:
  Backend:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: backend/template.yaml
  Shared:
    Type: AWS::Serverless::Application
    Properties:
      Location: shared.json
  Elsewhere:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: https://s3.amazonaws.com/templates/other.yaml
"""
BACKEND = """\
Resources:
  Api:
    Type: AWS::Lambda::Function
    Properties:
      Code: ../app
  Deeper:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: ./deeper.yaml
"""
LAYER_ONLY = "Resources: {Layer: {Type: AWS::Lambda::LayerVersion, Properties: {Content: layer}}}\n"


@pytest.fixture
def nested(workshop: Workshop) -> Workshop:
    deeper = LAYER_ONLY.replace("layer}", "../layer}")
    shared = json.dumps(parse_template(LAYER_ONLY))
    templates = {
        "template.yaml": PARENT,
        "backend/template.yaml": BACKEND,
        "backend/deeper.yaml": deeper,
        "shared.json": shared,
    }
    workshop.write({**templates, **FILES})
    return workshop


def follow(workshop: Workshop, template: Any, resource: str, member: str = "TemplateURL") -> Any:
    """Read the nested template that a template names."""
    prefix = f"https://s3.amazonaws.com/{workshop.bucket}/"
    url = template["Resources"][resource]["Properties"][member]
    assert url.startswith(prefix)
    body = workshop.server.client("s3").get_object(Bucket=workshop.bucket, Key=url.removeprefix(prefix))["Body"].read()
    return parse_template(body.decode())


def test_nested_templates_are_followed_to_any_depth_and_named_by_their_contents(nested: Workshop) -> None:
    report = nested.report("template.yaml", "--output", "packaged.yaml")

    assert {name for package in report["packages"] for name in package["resources"]} == {
        "Backend/Api",
        "Backend/Deeper/Layer",
        "Shared/Layer",
    }
    whole = parse_template(nested.read("packaged.yaml"))
    backend = follow(nested, whole, "Backend")
    stored = [
        backend["Resources"]["Api"]["Properties"]["Code"],
        follow(nested, backend, "Deeper")["Resources"]["Layer"]["Properties"]["Content"],
        follow(nested, whole, "Shared", "Location")["Resources"]["Layer"]["Properties"]["Content"],
    ]
    assert {each["S3Key"] for each in stored} == {each["object"]["key"] for each in report["packages"]}
    assert report["unsigned"] == [
        {"resource": "Elsewhere", "reason": "its template is elsewhere, and what that deploys is not looked into"}
    ]


def test_a_template_that_is_nested_in_itself_is_refused(workshop: Workshop) -> None:
    workshop.write({"template.yaml": PARENT.replace("backend/template.yaml", "./template.yaml"), "shared.json": "{}"})

    told = workshop.package("template.yaml")

    assert (told.returncode, "is nested in itself" in told.stderr) == (2, True)


def test_without_an_output_the_template_is_on_stdout_and_the_report_on_stderr(sam: Workshop) -> None:
    told = sam.package("template.yaml")

    assert told.returncode == 0
    assert parse_template(told.stdout)["Resources"]["App"]["Properties"]["CodeUri"]["Bucket"] == sam.bucket
    assert "NOT SIGNED  BECAUSE\nInline      its code is in the template" in told.stderr
    assert told.stderr.endswith("2 packages: 2 signed now\n")


def test_a_template_in_json_stays_json(workshop: Workshop) -> None:
    workshop.write({"template.json": json.dumps(parse_template(LAYER_ONLY)), **FILES})

    told = workshop.package("template.json")

    assert json.loads(told.stdout)["Resources"]["Layer"]["Properties"]["Content"]["S3Bucket"] == workshop.bucket


def test_all_or_nothing_sends_and_writes_nothing_where_something_cannot_be_signed(sam: Workshop) -> None:
    told = sam.package("template.yaml", "--require-all", "--output", "packaged.yaml")

    assert told.returncode == 1
    assert "Inline" in told.stdout
    assert told.stdout.endswith("nothing was sent or written, since not all code can be signed\n")
    assert not (sam.folder / "packaged.yaml").exists()
    assert sam.keys() == []


def test_all_or_nothing_does_all_where_all_can_be_signed(workshop: Workshop) -> None:
    workshop.write({"template.yaml": LAYER_ONLY, **FILES})

    assert workshop.report("template.yaml", "--require-all", "--output", "packaged.yaml")["finished"]


def test_the_code_that_a_templates_globals_name_is_signed(workshop: Workshop) -> None:
    shared = "Globals: {Function: {CodeUri: app}}\nResources: {A: {Type: AWS::Serverless::Function}}\n"
    workshop.write({"template.yaml": shared, **FILES})

    told = workshop.package("template.yaml", "--require-all")

    written = parse_template(told.stdout)
    assert written["Globals"]["Function"]["CodeUri"]["Bucket"] == workshop.bucket
    assert written["Resources"]["A"] == {"Type": "AWS::Serverless::Function"}


def test_keys_begin_with_the_prefix_and_say_what_they_are(sam: Workshop) -> None:
    sam.report("template.yaml", "--output", "packaged.yaml", "--prefix", "teams/a")

    keys = sam.keys()
    assert len(keys) == 4
    assert all(key.startswith("teams/a/") for key in keys)


def test_a_file_that_is_changed_is_signed_anew_and_nothing_else(sam: Workshop) -> None:
    sam.report("template.yaml", "--output", "packaged.yaml")
    sam.write({"app/handler.py": "def handler(event, context): return 1\n"})

    report = sam.report("template.yaml", "--output", "packaged.yaml", "--renew-before", "40")

    assert [package["outcome"] for package in report["packages"]] == ["signed", "reused"]


def test_a_signature_that_was_revoked_is_not_taken_again(sam: Workshop) -> None:
    app, layer = sam.report("template.yaml", "--output", "packaged.yaml")["packages"]
    job = app["jobArn"].rsplit("/", 1)[1]
    sam.server.client("signer").revoke_signature(jobId=job, reason="it was the wrong branch")

    report = sam.report("template.yaml", "--output", "packaged.yaml")

    assert [package["outcome"] for package in report["packages"]] == ["signed", "reused"]
    assert report["packages"][1]["jobArn"] == layer["jobArn"]


def test_what_somebody_else_puts_into_the_bucket_is_not_taken(sam: Workshop) -> None:
    app, layer = sam.report("template.yaml", "--output", "packaged.yaml")["packages"]
    s3 = sam.server.client("s3")
    s3.put_object(Bucket=sam.bucket, Key=app["object"]["key"], Body=sam.fetch(layer["object"]))
    s3.put_object(Bucket=sam.bucket, Key=layer["object"]["key"], Body=b"garbage")

    report = sam.report("template.yaml", "--output", "packaged.yaml")

    assert [package["outcome"] for package in report["packages"]] == ["signed", "signed"]


def test_a_package_that_the_profile_has_signed_already_is_used_as_it_is(sam: Workshop) -> None:
    stored = sam.report("template.yaml", "--output", "packaged.yaml")["packages"][0]["object"]
    (sam.folder / "signed.zip").write_bytes(sam.fetch(stored))
    sam.write({"other.yaml": LAYER_ONLY.replace("layer}", "signed.zip}")})

    report = sam.report("other.yaml", "--output", "packaged.yaml", "--require-all")

    assert [package["outcome"] for package in report["packages"]] == ["kept"]
    content = parse_template(sam.read("packaged.yaml"))["Resources"]["Layer"]["Properties"]["Content"]
    named = {"bucket": content["S3Bucket"], "key": content["S3Key"], "version": content["S3ObjectVersion"]}
    assert sam.fetch(named) == (sam.folder / "signed.zip").read_bytes()


def test_a_package_that_somebody_else_has_signed_is_told_and_used_as_it_is(workshop: Workshop) -> None:
    (workshop.folder / "signed.zip").write_bytes(sign_bytes(zip_of({"a": b""}))[0])
    workshop.write({"template.yaml": LAYER_ONLY.replace("layer}", "signed.zip}")})

    report = workshop.report("template.yaml", "--output", "packaged.yaml")

    assert report["packages"] == []
    assert report["unsigned"][0]["reason"].startswith("it is signed already, and used as it is: certificate: ")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("missing.yaml",), 2, "missing.yaml: No such file"),
        (("app",), 2, "app: is a folder, and no manifest.json"),
        (("template.yaml", "--json"), 2, "say --output too"),
        (("template.yaml", "--profile", "nobody"), 2, "get-signing-profile"),
        (("template.yaml", "--renew-before", "soon"), 2, "'soon' is not a number of days"),
        (("broken.yaml",), 2, "broken.yaml: line 2, column 1: not YAML"),
        (("empty.yaml",), 2, "empty.yaml: the template has no Resources"),
        (("unpackable.yaml",), 1, "odd, which Layer names: entry 'a\\\\b': the name contains a backslash"),
        (("absent.yaml",), 2, "absent: is neither a folder nor a file"),
    ],
)
def test_a_mistake_is_told_by_its_name(sam: Workshop, arguments: tuple[str, ...], status: int, words: str) -> None:
    odd = LAYER_ONLY.replace("layer}", "odd}")
    absent = LAYER_ONLY.replace("layer}", "absent}")
    sam.write(
        {"broken.yaml": "A: [", "empty.yaml": "{}", "unpackable.yaml": odd, "odd/a\\b": "", "absent.yaml": absent}
    )

    told = sam.package(*arguments)

    assert (told.returncode, told.stdout) == (status, "")
    assert words in told.stderr
    assert sam.keys() == []


def test_a_bucket_without_versions_is_refused(sam: Workshop) -> None:
    sam.server.client("s3").create_bucket(Bucket="plain")

    told = sam.package("template.yaml", bucket="plain")

    assert told.returncode == 2
    assert "bucket plain keeps no versions: enable versioning" in told.stderr


def test_a_profile_that_was_cancelled_signs_nothing(sam: Workshop) -> None:
    signer = sam.server.client("signer")
    signer.put_signing_profile(profileName="gone", platformId="AWSLambda-SHA384-ECDSA")
    signer.cancel_signing_profile(profileName="gone")

    told = sam.package("template.yaml", "--profile", "gone")

    assert told.returncode == 2
    assert "signing profile gone is Canceled: nothing can be signed with it" in told.stderr
