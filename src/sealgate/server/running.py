"""What runs functions, wired: their code, their processes, and what looks after these."""

from __future__ import annotations

from dataclasses import dataclass

from sealgate.config import Config
from sealgate.runtime.code import CodeStore
from sealgate.runtime.host import FunctionHost
from sealgate.runtime.interpreters import Interpreters
from sealgate.runtime.sandboxes import find_sandbox
from sealgate.server.ground import Ground
from sealgate.services.identity.sessions import SessionService
from sealgate.services.invocations.hosting import Hosting
from sealgate.services.invocations.retirement import Retirement
from sealgate.services.invocations.roles import FunctionRoles
from sealgate.services.invocations.running import Runner
from sealgate.services.invocations.starting import Starter
from sealgate.services.logs.sink import LogSink
from sealgate.services.signing.issuing_authorities import IssuingAuthorities
from sealgate.services.signing.revocation import RevocationService


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What runs functions.

    Attributes:
        code: The code that is unpacked.
        host: Their processes.
        runner: Gives them invocations.
        retirement: Ends those of revoked code.
        hosting: Follows changes of functions.
    """

    code: CodeStore
    host: FunctionHost
    runner: Runner
    retirement: Retirement
    hosting: Hosting


def open_running(
    config: Config,
    ground: Ground,
    *,
    revocation: RevocationService,
    sessions: SessionService,
    sink: LogSink,
    endpoint: str,
) -> Running:
    """Wire what runs functions. Nothing runs before `retirement`, and the queue of invocations, are started."""
    db, clock = ground.db, ground.clock
    code = _open_code(ground)
    interpreters = Interpreters(ground.folder.runtimes)
    host = FunctionHost(sandbox=lambda: find_sandbox(config.sandbox), interpreters=interpreters, clock=clock)
    starter = Starter(db=db, code=code, revocation=revocation, clock=clock, meter=ground.meter)
    retirement = Retirement(host=host, starter=starter)
    roles = FunctionRoles(sessions)
    return Running(
        code=code,
        host=host,
        retirement=retirement,
        runner=Runner(
            db=db,
            host=host,
            starter=starter,
            retirement=retirement,
            roles=roles,
            sink=sink,
            clock=clock,
            endpoint=endpoint,
        ),
        hosting=Hosting(
            db=db,
            host=host,
            interpreters=interpreters,
            starter=starter,
            roles=roles,
            any_runtime=config.any_runtime,
        ),
    )


def _open_code(ground: Ground) -> CodeStore:
    issuers = IssuingAuthorities(db=ground.db, clock=ground.clock)

    def revoked_issuers() -> set[str]:
        found = {each.identity for each in issuers.list_revoked()}
        ground.db.give_way()  # who verifies code has a long way to go
        return found

    return CodeStore(
        ground.folder.code,
        open_blob=ground.blobs.open,
        authority=ground.authority,
        roots=ground.roots,
        clock=ground.clock,
        revoked_issuers=revoked_issuers,
    )
