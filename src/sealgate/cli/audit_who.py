"""Tell who signed and deployed what, when, from where.

That is all that the audit trail says of a package, a job, a profile, a function or a layer, but calls that only read.

QUESTION is a file, a job's id, the name of a profile, a function or a layer, or an ARN. Of a signed file the
signature is verified first, and the job that made it is told of as well; of any file it is told where it was deployed,
or refused and why. What the trail says is as good as the trail: see `sealgate audit verify`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from sealgate.cli import terminal
from sealgate.cli.live import add_source_arguments, load_source, opened_trail, own_roots
from sealgate.clock import system_clock
from sealgate.config import Config
from sealgate.errors import IntegrityError, PackageError
from sealgate.package.files import FileSource
from sealgate.trust.verify import verify_package

if TYPE_CHECKING:
    from sealgate.services.audit.who import Deed, Subjects

EXAMPLE = "  sealgate audit who signed.zip --data /var/lib/sealgate"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("question", metavar="QUESTION", help="FILE.zip, JOB, PROFILE, FUNCTION, LAYER or an ARN")
    add_source_arguments(parser)
    add("--account", metavar="DIGITS", help="whose a name is (default: the server's)")
    add("--region", help="where it is (default: the server's)")
    add("--json", action="store_true", help="write the answer as JSON")


def run(args: argparse.Namespace) -> int:
    """Find the events and tell of them; there being none is an answer too."""
    config = load_source(args)
    from sealgate.services.audit.who import find_deeds  # noqa: PLC0415 - only once the usage is known right

    subjects = _find_subjects(args.question, config)
    with opened_trail(config) as database:
        deeds = find_deeds(database, subjects)
    if args.json:
        sys.stdout.write(json.dumps([asdict(deed) for deed in deeds], indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{terminal.printable(line)}\n" for line in _lines(args.question, deeds))
    return terminal.OK


def _find_subjects(question: str, config: Config) -> Subjects:
    from sealgate.services.audit.who import subjects_of, subjects_of_package  # noqa: PLC0415 - see above

    if not Path(question).is_file():
        return subjects_of(question, account=config.account, region=config.region)
    with Path(question).open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return subjects_of_package(sha256, _find_job(question, config))


def _find_job(file: str, config: Config) -> str | None:
    """Answer the job that signed a file, if its signature is whole and of this authority."""
    try:
        with FileSource(file) as source:
            signature = verify_package(source, roots=own_roots(config), at=system_clock()).signature
    except (IntegrityError, PackageError) as error:
        terminal.say_hint(f"no signature of this server verifies on {file}: {error.message}")
        return None
    return None if signature is None else signature.job_arn


def _lines(question: str, deeds: list[Deed]) -> Iterator[str]:
    yield f"{question}: {len(deeds) or 'no'} event{'' if len(deeds) == 1 else 's'}"
    for deed in deeds:
        yield ""
        yield f"  {deed.when}  {deed.what}: {deed.outcome}"
        if deed.who:
            yield f"    {'by':<10} {deed.who}"
        if deed.where:
            yield f"    {'from':<10} {deed.where}"
        yield from (f"    {word:<10} {what}" for word, what in deed.details.items())
        yield from (f"    {check:<10} {status}: {detail}" for check, status, detail in deed.checks)
        yield f"    {'event':<10} {deed.event_id}"
