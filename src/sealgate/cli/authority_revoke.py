"""Take trust away from an issuing CA whose key was stolen, for good.

It signs no more: its key is destroyed, and another one is put in use where the root's key is at hand. Of what it has
signed only the signatures stand that a signing job's record vouches for, here and, by the next list that `sealgate
revocations` writes, wherever packages are verified offline. Where somebody may have had the server itself, --from
TIME doubts the records too: what was signed after that moment falls, whatever they say.

--dry-run shows what would fall, and changes nothing: signing profile versions, signing jobs, function versions,
layer versions.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cryptography import x509

from sealgate.cli import terminal
from sealgate.cli.custody import (
    add_root_arguments,
    add_source_arguments,
    find_root_keys,
    load_source,
    open_authority,
)
from sealgate.cli.live import opened
from sealgate.cli.verify import parse_moment
from sealgate.clock import system_clock
from sealgate.errors import Invalid
from sealgate.store.folder import DataFolder
from sealgate.trust.authority_folder import AuthorityFolder
from sealgate.trust.keys import KeyUnavailable
from sealgate.x509.certificates import fingerprint, name_by_content

if TYPE_CHECKING:
    from sealgate.services.signing.issuing_authorities import Fallout

EXAMPLE = """\
  sealgate authority revoke 3b1f09ac --dry-run --from 2026-11-24T12:00:00Z --data /var/lib/sealgate
  sealgate authority revoke 3b1f09ac --reason "its key was stolen" --data /var/lib/sealgate"""

_MIN_DIGITS = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("issuing", metavar="ISSUING-CA", help="its fingerprint, as `sealgate keys list` shows it, or 8 digits of it")
    add("--from", dest="doubted_from", type=parse_moment, metavar="TIME", help="doubt records of signatures after it")
    add("--reason", metavar="TEXT", help="why; shown to whoever is refused")
    add("--dry-run", action="store_true", help="show what would fall, and change nothing")
    add_source_arguments(parser, database=True)
    add_root_arguments(parser, required=False)


def run(args: argparse.Namespace) -> int:
    """Show what falls, and revoke."""
    config = load_source(args)
    if not args.dry_run and not (args.reason or "").strip():
        raise Invalid("--reason TEXT says why; --dry-run needs none")
    issuing = _find_issuing(AuthorityFolder(DataFolder(config.data).authority), args.issuing)
    # Whatever is wrong with the keys is told before anything is revoked.
    root_keys = None if args.dry_run else find_root_keys(args, config)
    authority = None if args.dry_run else open_authority(config)
    from sealgate.services.signing.issuing_authorities import IssuingAuthorities  # noqa: PLC0415 - as in `opened`

    with opened(config) as database:
        service, identity = IssuingAuthorities(db=database, clock=system_clock), name_by_content(issuing)
        fallout = service.foresee(identity, effective_from=args.doubted_from)
        if authority is not None:
            name = issuing.subject.rfc4514_string()
            service.revoke(identity, name=name, effective_from=args.doubted_from, reason=args.reason)
            authority.retire(issuing, root_keys)
    sys.stdout.writelines(f"{line}\n" for line in _lines(fallout))
    if authority is not None:
        try:
            sys.stdout.write(f"in use {fingerprint(authority.issuing_certificate)}\n")
        except KeyUnavailable as error:
            terminal.say_hint(error.message)  # first: until then there is nothing that could sign a list
        terminal.say_hint("hand a new list to whoever verifies offline: sealgate revocations")
    return terminal.OK


def _lines(fallout: Fallout) -> Iterator[str]:
    yield f"{len(fallout.standing)} signatures stand, {len(fallout.falling)} fall"
    yield from (f"falls {arn}" for arn in fallout.profile_versions)
    yield from (f"falls {job.arn}" for job in fallout.falling)
    yield from (f"falls {function.qualified_arn}" for function in fallout.functions)
    yield from (f"falls {version.arn}" for version in fallout.layers)


def _find_issuing(folder: AuthorityFolder, text: str) -> x509.Certificate:
    wanted = text.lower().replace(":", "")
    found = [each for each in folder.list_issuing() if fingerprint(each).startswith(wanted)]
    if len(wanted) < _MIN_DIGITS or len(found) != 1:
        raise Invalid(f"{text!r} is the fingerprint of no issuing CA of this authority: sealgate keys list shows them")
    return found[0]
