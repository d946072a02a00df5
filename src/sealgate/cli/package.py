"""Pack and sign all code that a template deploys, and write a template that names the signed packages.

TEMPLATE is a CloudFormation or SAM template, or a folder that `cdk synth` wrote (cdk.out). Nested templates on this
machine are followed. Every local folder or archive of a function or layer becomes a canonical package: the same files
make the same bytes, whatever the machine. Each is signed once; one that the bucket has already, signed by the same
profile version and good for longer than --renew-before days, is taken again, so that an unchanged deployment stays
unchanged. Every signed package is verified here before anything names it.

A template is written to --output, or to stdout; other local files that it names (an API's definition) are left for
`sam package` or `aws cloudformation package`. A folder of the CDK is changed in place, or copied to --output first;
then `cdk deploy --app FOLDER` uploads what is signed.

Credentials, region and endpoint are those that every AWS client takes (see `sealgate env`). The exit status is 0 if all
went well, 1 if with --require-all something could not be signed, and then nothing was sent or written, or if a package
cannot be packed, and 2 for anything else.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sealgate.cli import terminal
from sealgate.cli.evidence import NoRoot, load_roots
from sealgate.clock import system_clock
from sealgate.errors import Invalid
from sealgate.packaging.signer import RENEW_BEFORE
from sealgate.trust.roots import TrustRoots

if TYPE_CHECKING:
    from sealgate.packaging.bucket import Bucket
    from sealgate.packaging.sites import Deployment

EXAMPLE = """\
  sealgate package template.yaml --profile app --bucket packages --data .sealgate --output packaged.yaml
  sam deploy --template-file packaged.yaml --stack-name app --capabilities CAPABILITY_IAM

  cdk synth && sealgate package cdk.out --profile app --bucket packages --trust-aws && cdk deploy --app cdk.out"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("template", type=Path, metavar="TEMPLATE", help="a template, or a folder that `cdk synth` wrote")
    add("--profile", required=True, metavar="NAME[:OWNER]", help="the signing profile, and the account that it is of")
    add("--bucket", required=True, metavar="BUCKET", help="where packages are put: a bucket that keeps versions")
    add("--prefix", default="", metavar="PREFIX", help="what their keys begin with")
    add("--output", type=Path, metavar="PATH", help="write the template, or the changed copy of the folder, there")
    add("--require-all", action="store_true", help="do nothing unless all code can be signed")
    add("--renew-before", type=_days, default=RENEW_BEFORE, metavar="DAYS", help="sign anew what expires sooner (30)")
    add("--endpoint", metavar="URL", help="the server's address, if not the environment's")
    own = parser.add_mutually_exclusive_group()
    own.add_argument("--data", type=Path, metavar="DIR", help="trust this data folder's roots")
    own.add_argument("--trust", type=Path, action="append", metavar="ROOT.pem", help="trust this root certificate")
    add("--trust-aws", action="store_true", help="trust AWS Signer's root, which is part of Sealgate")
    add("--json", action="store_true", help="write the report as JSON")


def run(args: argparse.Namespace) -> int:
    """Pack, sign, write."""
    from sealgate.packaging.assembly import is_assembly  # noqa: PLC0415 - needed by this command alone

    is_folder = is_assembly(args.template)
    if args.template.is_dir() and not is_folder:
        raise Invalid(f"{args.template}: is a folder, and no manifest.json of `cdk synth` is in it")
    if args.json and args.output is None and not is_folder:
        raise Invalid("--json writes the report to stdout, where the template goes: say --output too")
    try:
        roots = load_roots(data=args.data, trust=args.trust or (), trust_aws=args.trust_aws)
    except NoRoot as error:
        terminal.say_error(error.message)
        terminal.say_hint("give --trust ROOT.pem, --data DIR or --trust-aws: each signed package is verified here")
        return terminal.USAGE
    with TemporaryDirectory(prefix="sealgate-") as folder:
        return _package(args, roots, Path(folder), is_folder=is_folder)


def _days(text: str) -> timedelta:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days")
    return timedelta(days=int(text[:6]))


def _package(args: argparse.Namespace, roots: TrustRoots, folder: Path, *, is_folder: bool) -> int:
    # These are needed by this command alone.
    from sealgate.cli.client import Client  # noqa: PLC0415
    from sealgate.cli.report_package import encode_package_json, encode_package_text  # noqa: PLC0415
    from sealgate.packaging.bucket import Bucket  # noqa: PLC0415
    from sealgate.packaging.packager import package  # noqa: PLC0415
    from sealgate.packaging.signer import Demands, PackageSigner, ask_profile  # noqa: PLC0415

    bucket = Bucket(s3=Client("s3", endpoint=args.endpoint), name=args.bucket, prefix=_prefix(args.prefix))
    service = Client("signer", endpoint=args.endpoint)
    name, _, owner = args.profile.partition(":")
    with _opened(args, bucket, is_folder=is_folder) as deployment:
        demands = Demands(
            roots=roots,
            profile_version_arn=ask_profile(service, name, owner or None),
            renew_before=args.renew_before,
            clock=system_clock,
        )
        signer = PackageSigner(
            service=service, bucket=bucket, profile=name, owner=owner or None, demands=demands, folder=folder
        )
        report = package(deployment, signer, require_all=args.require_all)
    encoded = encode_package_json(report, demands) if args.json else encode_package_text(report)
    (sys.stdout if args.output is not None or is_folder else sys.stderr).write(encoded)
    return terminal.OK if report.is_finished else terminal.REFUSED


@contextmanager
def _opened(args: argparse.Namespace, bucket: Bucket, *, is_folder: bool) -> Iterator[Deployment]:
    """Read what is to be deployed; a copy of a folder that nothing came of is removed."""
    from sealgate.packaging.assembly import Assembly  # noqa: PLC0415 - as in `_package`
    from sealgate.packaging.tree import TemplateTree  # noqa: PLC0415 - likewise

    output: Path | None = args.output
    if not is_folder:
        yield TemplateTree(args.template, bucket, lambda text: _write(text, output))
        return
    if output is None:
        yield Assembly(args.template)
        return
    if output.exists():
        raise Invalid(f"{output}: is there already, and would be written over")
    shutil.copytree(args.template, output, symlinks=True)
    assembly = Assembly(output)
    try:
        yield assembly
    finally:
        if not assembly.is_finished:
            shutil.rmtree(output)


def _write(text: str, output: Path | None) -> None:
    from sealgate.packaging.tree import replace_file  # noqa: PLC0415 - as in `_package`

    if output is None:
        sys.stdout.write(text)
    else:
        replace_file(output, text.encode())


def _prefix(text: str) -> str:
    return f"{text}/" if text and not text.endswith("/") else text
