"""Print the shell exports that point any AWS client at a server.

The output is for `eval` in a POSIX shell. Besides the exports it unsets what would get in the way: other credentials,
profiles and endpoints, which clients would prefer.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from urllib.parse import urlsplit

import sealgate
from sealgate.cli import terminal
from sealgate.config import load_config
from sealgate.errors import Invalid
from sealgate.store.folder import DataFolder, ServerCredentials

EXAMPLE = '  eval "$(sealgate env)"\n  aws sts get-caller-identity'

OVERLAY = Path(sealgate.__file__).parent / "aws" / "overlay"
"""The additions to the clients' service models, found by them through AWS_DATA_PATH. Not imported from `sealgate.aws`,
which would load the server."""

_SERVICES = (
    "SIGNER",
    "SIGNER_DATA",
    "LAMBDA",
    "S3",
    "STS",
    "IAM",
    "CLOUDTRAIL",
    "CLOUDWATCH",
    "CLOUDWATCH_LOGS",
    "CLOUDFORMATION",
    "SSM",
)
IN_THE_WAY = (
    # Other identities: a session token makes a long-term key look temporary, an expiry date makes clients refuse it.
    *("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_ACCOUNT_ID"),
    *("AWS_PROFILE", "AWS_DEFAULT_PROFILE"),
    # Other endpoints: what is said for one service beats what is said for all.
    *("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"),
    *(f"AWS_ENDPOINT_URL_{service}" for service in _SERVICES),
)
"""Variables that keep a client from reaching the server as its root user; each is unset."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--data", metavar="DIR", help="the server's data folder (default: .sealgate)")
    parser.add_argument("--account", metavar="DIGITS", help="whose root user to be (default: the first account's)")
    parser.add_argument("--endpoint", metavar="URL", help="the server's address, where it is not the one it wrote down")
    parser.add_argument("--config", type=Path, metavar="FILE", help="what the server was given, if it was")


def run(args: argparse.Namespace) -> int:
    """Print the shell code."""
    config = load_config(vars(args), file=args.config)
    folder = DataFolder(config.data)
    credentials = folder.read_credentials() if args.account is None else folder.read_account(config.account)
    endpoint = credentials.endpoint if args.endpoint is None else args.endpoint
    sys.stdout.write(encode_exports(credentials, endpoint=endpoint))
    if sys.stdout.isatty():
        terminal.say_hint('these lines are for the shell: eval "$(sealgate env)"')
    return terminal.OK


def encode_exports(credentials: ServerCredentials, *, endpoint: str) -> str:
    """Write POSIX shell code that sets and unsets a client's environment.

    Raises:
        Invalid: The endpoint is no `http://` or `https://` address.
    """
    hosts = _hosts_of(endpoint)
    exports = {
        "AWS_ENDPOINT_URL": endpoint.rstrip("/"),
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_DEFAULT_REGION": credentials.region,
        "AWS_REGION": credentials.region,
        "AWS_DATA_PATH": str(OVERLAY),
    }
    lines = [
        *(f"export {name}={shlex.quote(value)}" for name, value in exports.items()),
        f"unset {' '.join(IN_THE_WAY)}",
        # Clients differ in which spelling they read. Where only one is set, both get what it has.
        'no_proxy="${no_proxy:-${NO_PROXY:-}}"',
        'NO_PROXY="${NO_PROXY:-$no_proxy}"',
        *(_encode_addition(name, host) for name in ("no_proxy", "NO_PROXY") for host in hosts),
        "export no_proxy NO_PROXY",
    ]
    return "".join(f"{line}\n" for line in lines)


def _encode_addition(name: str, host: str) -> str:
    """Write code that adds a host to a list, unless it is there: whoever evaluates this twice has it once."""
    quoted = shlex.quote(host)
    return f'case ",${name}," in *,{quoted},*|",*,") ;; *) {name}={quoted}"${{{name}:+,${name}}}" ;; esac'


def _hosts_of(endpoint: str) -> tuple[str, ...]:
    """Answer the endpoint's host in each form in which clients look for it."""
    try:
        parts = urlsplit(endpoint)
        is_address = parts.scheme in ("http", "https") and parts.port != 0
        host = parts.hostname if is_address else None
    except ValueError:
        host = None
    if not host or not endpoint.isprintable():
        raise Invalid(f"endpoint {endpoint!r}: must be an address such as http://127.0.0.1:4566")
    return (host, f"[{host}]") if ":" in host else (host,)
