"""Decide before a deployment what the server would decide: may these packages become a function's code or layer?

Each package is verified and judged by a code signing config (--config) or a file of the same shape (--policy). The exit
status is 0 if all would be let in, with warnings perhaps, 1 if one would be refused, and 2 if the usage is wrong, or
something cannot be read or asked: then nothing is decided.

A config is looked up in the data folder (--data), or asked for as any AWS client asks: of --endpoint, of the server
that `sealgate env` names, or of AWS. A trust root has to be given, as for `sealgate verify`: a data folder, which knows
jobs and revocations too, a file (--trust), or AWS Signer's (--trust-aws).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sealgate.cli import terminal
from sealgate.cli.admit import Basis, GateReport, admit
from sealgate.cli.demand import Demand, ask_server, find_recorded, parse_config_arn
from sealgate.cli.evidence import Evidence, NoRoot, load_evidence
from sealgate.cli.report_gate import encode_gate_json, encode_gate_text
from sealgate.cli.verify import parse_moment
from sealgate.clock import system_clock
from sealgate.errors import Invalid

EXAMPLE = """\
  sealgate gate build/*.zip --config "$CONFIG_ARN" --trust root.pem --revocations revoked.json
  sealgate gate build/*.zip --policy policy.json --trust root.pem --format sarif --output gate.sarif"""

_FORMATS = ("text", "json", "sarif", "junit")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("files", nargs="+", metavar="FILE", help="a package")
    demands = parser.add_mutually_exclusive_group(required=True)
    demands.add_argument("--config", metavar="ARN", help="demand what this code signing config does")
    demands.add_argument("--policy", type=Path, metavar="FILE", help="demand what this JSON or TOML file does")
    add("--endpoint", metavar="URL", help="ask this server for the config")
    own = parser.add_mutually_exclusive_group()
    own.add_argument("--data", type=Path, metavar="DIR", help="trust this data folder: its roots and its job records")
    own.add_argument("--trust", type=Path, action="append", metavar="ROOT.pem", help="trust this root certificate")
    add("--trust-aws", action="store_true", help="trust AWS Signer's root, which is part of Sealgate")
    add("--revocations", type=Path, metavar="FILE", help="a list that `sealgate revocations` wrote")
    add("--require-revocation", action="store_true", help="refuse what cannot be checked for revocation")
    add("--require-manifest", action="store_true", help="refuse what has no manifest (docs/FORMAT.md §10)")
    add("--at", type=parse_moment, metavar="TIME", help="decide as at this time, such as 2026-11-24T12:00:00Z")
    add("--format", choices=_FORMATS, default="text", help="of the report (default: text)")
    add("--output", type=Path, metavar="FILE", help="write the report there, and the text to stdout")


def run(args: argparse.Namespace) -> int:
    """Judge the packages and write the report."""
    if args.endpoint is not None and args.config is None:
        raise Invalid("--endpoint says where to ask for a config, and no --config is given")
    _check_output(args)
    try:
        evidence = load_evidence(
            data=args.data, trust=args.trust or (), trust_aws=args.trust_aws, revocations=args.revocations
        )
    except NoRoot as error:
        terminal.say_error(error.message)
        terminal.say_hint("give --trust ROOT.pem, --data DIR or --trust-aws")
        return terminal.USAGE
    try:
        report = _judge(args, evidence)
    finally:
        evidence.close()
    _write(args, report)
    return terminal.OK if report.is_let_in else terminal.REFUSED


def _check_output(args: argparse.Namespace) -> None:
    output: Path | None = args.output
    if (
        output is not None
        and output.exists()
        and any(Path(file).exists() and output.samefile(file) for file in args.files)
    ):
        raise Invalid(f"--output {output}: is one of the packages")


def _judge(args: argparse.Namespace, evidence: Evidence) -> GateReport:
    now = system_clock()
    at = args.at or now
    demand = _read_demand(args, evidence)
    basis = Basis(
        demand=demand,
        evidence=evidence,
        at=at,
        now=max(now, at),
        require_revocation=args.require_revocation,
        require_manifest=args.require_manifest or demand.requires_manifest,
    )
    return GateReport(basis=basis, packages=tuple(admit(file, basis) for file in args.files))


def _read_demand(args: argparse.Namespace, evidence: Evidence) -> Demand:
    if args.config is None:
        from sealgate.cli.policy_file import parse_policy_file  # noqa: PLC0415 - only where one is given

        return parse_policy_file(args.policy)
    arn = parse_config_arn(args.config)
    if evidence.records is not None and args.endpoint is None:
        return find_recorded(arn, evidence.records)
    return ask_server(arn, args.endpoint)


def _write(args: argparse.Namespace, report: GateReport) -> None:
    if args.output is not None:
        args.output.write_text(_encode(args.format, report), encoding="utf-8", errors="backslashreplace")
    if args.output is not None or args.format == "text":
        sys.stdout.write(encode_gate_text(report, colourful=terminal.is_colourful()))
    else:
        sys.stdout.write(_encode(args.format, report))


def _encode(form: str, report: GateReport) -> str:
    match form:
        case "json":
            return encode_gate_json(report)
        case "sarif":
            from sealgate.cli.report_sarif import encode_gate_sarif  # noqa: PLC0415 - only where it is asked for

            return encode_gate_sarif(report, folder=Path.cwd())
        case "junit":
            from sealgate.cli.report_junit import encode_gate_junit  # noqa: PLC0415 - likewise

            return encode_gate_junit(report)
        case _:
            return encode_gate_text(report)
