"""Tell whether an audit trail is whole, and what was altered, removed, inserted or moved first.

Without FILE, the trail in the server's database is verified; with it, one that `sealgate audit export` wrote, which
needs neither server nor database: give --trust ROOT.pem. Everything is recomputed from the events. A trail that was cut
off at its end, or set back, is whole in itself: give --head, as `sealgate audit head` printed it. The exit status is
0 if the trail is whole, 1 if it is not, and 2 if the usage is wrong or it cannot be read.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from sealgate.cli import terminal
from sealgate.cli.live import add_source_arguments, load_source, opened_trail, own_roots
from sealgate.clock import system_clock
from sealgate.errors import IntegrityError, Invalid
from sealgate.trust.roots import TrustRoots, parse_root
from sealgate.trust.trail import Entry, Head, parse_head
from sealgate.trust.trail_file import parse_trail
from sealgate.trust.trail_verify import TrailBroken, VerifiedTrail, verify_trail
from sealgate.x509.certificates import fingerprint

EXAMPLE = "  sealgate audit verify trail.jsonl --trust root.pem --head head.txt"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("file", nargs="?", type=Path, metavar="FILE", help="an exported trail (default: the one in the database)")
    add_source_arguments(parser)
    add("--trust", type=Path, metavar="ROOT.pem", help="the authority's root (default: the data folder's)")
    add("--head", metavar="FILE|POSITION:HASH", help="an end of this trail that was kept elsewhere; of a file the last")
    add("--json", action="store_true", help="write the report as JSON")


def run(args: argparse.Namespace) -> int:
    """Verify the trail and write the report."""
    expected = None if args.head is None else _read_head(args.head)
    with ExitStack() as stack:
        name, root_sha256, roots, entries = _open_file(args, stack) if args.file else _open_live(args, stack)
        try:
            found = verify_trail(entries, root_sha256=root_sha256, roots=roots, at=system_clock(), expected=expected)
        except IntegrityError as error:
            sys.stdout.write(_encode_broken(name, error, as_json=args.json))
            return terminal.REFUSED
    sys.stdout.write(_encode_whole(name, found, expected, as_json=args.json))
    return terminal.OK


Source = tuple[str, str, TrustRoots, Iterable[Entry]]
"""What to call a trail, the fingerprint of the root that it begins at, who is trusted, and the trail."""


def _open_file(args: argparse.Namespace, stack: ExitStack) -> Source:
    roots = own_roots(load_source(args)) if args.trust is None else _read_root(args.trust)
    file = stack.enter_context(args.file.open("rb"))
    try:
        root_sha256, entries = parse_trail(file)
    except IntegrityError as error:
        raise Invalid(f"{args.file}: {error.message}") from error
    return str(args.file), root_sha256, roots, entries


def _open_live(args: argparse.Namespace, stack: ExitStack) -> Source:
    from sealgate.services.audit.live import read_trail  # noqa: PLC0415 - an exported trail needs no database

    config = load_source(args)
    roots = own_roots(config) if args.trust is None else _read_root(args.trust)
    database = stack.enter_context(opened_trail(config))
    (root,) = roots.certificates
    return str(config.data), fingerprint(root), roots, read_trail(database)


def _read_root(file: Path) -> TrustRoots:
    return TrustRoots(roots=(parse_root(file.read_bytes(), name=file.name),))


def _read_head(given: str) -> Head:
    """Read a head, or the last of those in a file."""
    file = Path(given)
    try:
        return parse_head((file.read_text(encoding="utf-8").split() or [""])[-1] if file.is_file() else given)
    except (IntegrityError, UnicodeDecodeError) as error:
        raise Invalid(f"--head {given}: neither POSITION:HASH nor a file that holds one") from error


def _encode_broken(name: str, error: IntegrityError, *, as_json: bool) -> str:
    position = error.position if isinstance(error, TrailBroken) else None
    if as_json:
        said = {"trail": name, "whole": False, "position": position, "reason": error.reason, "detail": error.message}
        return json.dumps(said, indent=2) + "\n"
    return _encode_lines((f"{name}: NOT whole", "", f"  {error.message}"))


def _encode_whole(name: str, found: VerifiedTrail, expected: Head | None, *, as_json: bool) -> str:
    if not as_json:
        return _encode_lines(_lines(name, found, expected))
    said = {
        "trail": name,
        "whole": True,
        "events": found.head.position,
        "head": str(found.head),
        "seals": found.seals,
        "sealedUpTo": found.sealed,
        "sealedAt": None if found.sealed_at is None else terminal.encode_time(found.sealed_at),
        "headGiven": None if expected is None else str(expected),
    }
    return json.dumps(said, indent=2) + "\n"


def _lines(name: str, found: VerifiedTrail, expected: Head | None) -> Iterator[str]:
    yield f"{name}: whole"
    yield ""
    yield f"  {'events':<12} {found.head.position}"
    yield f"  {'head':<12} {found.head}"
    if found.sealed_at is not None:
        yield f"  {'sealed':<12} up to event {found.sealed}, at {terminal.encode_time(found.sealed_at)}"
    if found.sealed < found.head.position:
        yield f"  {'NOT SEALED':<12} {found.head.position - found.sealed} events at the end"
    if expected is None:
        yield f"  {'NOT CHECKED':<12} whether the end was cut off: give --head"
    else:
        yield f"  {'end':<12} event {expected.position} of the head given is in it"


def _encode_lines(lines: Iterable[str]) -> str:
    return "".join(f"{terminal.printable(line)}\n" for line in lines)
