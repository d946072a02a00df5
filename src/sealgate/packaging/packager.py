"""Packing, signing and naming all code of a deployment, in this order, so that nothing is half done when one fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from sealgate.errors import IntegrityError, PackageError
from sealgate.package.archive import AlreadySigned
from sealgate.package.canonical import PackagePlan, plan_package
from sealgate.packaging.members import read_members
from sealgate.packaging.places import StoredCode, Unsigned
from sealgate.packaging.signer import Demands, Outcome, PackageSigner, SignedCode
from sealgate.packaging.sites import Deployment, Site
from sealgate.trust.assessment import Signature

_Codes = Mapping[Path, PackagePlan | None]
"""The package of each path; None stands for one that is signed already."""
_Uses = Mapping[Path, Sequence[Site]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A package, and what uses it.

    Attributes:
        resources: The resources that use it.
        path: What it was made of.
        outcome: Whether it was signed now, before, or by whoever made the file.
        signature: What its signature says.
        stored: Where it was put, and this command has put it.
    """

    resources: tuple[str, ...]
    path: Path
    outcome: Outcome
    signature: Signature
    stored: StoredCode | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageReport:
    """What was done.

    Attributes:
        packages: Each package once.
        unsigned: What is deployed without a signature of the profile.
        is_finished: Whether anything was signed and written: not where everything had to be signed and could not.
    """

    packages: tuple[Packed, ...]
    unsigned: tuple[Unsigned, ...]
    is_finished: bool


def package(deployment: Deployment, signer: PackageSigner, *, require_all: bool) -> PackageReport:
    """Pack and sign all code of a deployment, and write the deployment anew.

    Everything is read before anything is sent. With `require_all` nothing is sent or written unless all code can be
    signed.

    Raises:
        PackageError: Code cannot be packed; the message names the path.
        SealgateError: A service has refused something, or what it has signed is not what it was given.
        OSError: A file cannot be read or written.
    """
    with ExitStack() as opened:
        codes = _read(deployment.sites, opened)
        kept, refused = _judge_signed(codes, signer.demands)
        unsigned = (*deployment.unsigned, *_tell_refused(deployment.sites, refused))
        if require_all and unsigned:
            return PackageReport(packages=(), unsigned=unsigned, is_finished=False)
        signed = signer.sign(plan for plan in codes.values() if plan is not None)
    uses = {path: [site for site in deployment.sites if site.path == path] for path in codes}
    packages = (*_put_signed(uses, codes, signed), *_keep_signed(uses, codes, kept))
    deployment.finish()
    return PackageReport(packages=packages, unsigned=unsigned, is_finished=True)


def _put_signed(uses: _Uses, codes: _Codes, signed: Mapping[str, SignedCode]) -> Iterator[Packed]:
    for path, plan in codes.items():
        if plan is not None:
            code = signed[plan.identity]
            for site in uses[path]:
                site.put(code)
            yield _tell(path, uses, code.outcome, code.signature, code.stored)


def _keep_signed(uses: _Uses, codes: _Codes, kept: Mapping[Path, Signature]) -> Iterator[Packed]:
    for path in (path for path, plan in codes.items() if plan is None):
        for site in uses[path]:
            site.keep(path)
        if path in kept:
            yield _tell(path, uses, Outcome.KEPT, kept[path], None)


def _tell(path: Path, uses: _Uses, outcome: Outcome, signature: Signature, stored: StoredCode | None) -> Packed:
    resources = tuple(site.resource for site in uses[path])
    return Packed(resources=resources, path=path, outcome=outcome, signature=signature, stored=stored)


def _read(sites: Iterable[Site], opened: ExitStack) -> _Codes:
    """Plan the package of each path, once."""
    codes: dict[Path, PackagePlan | None] = {}
    for site in sites:
        if site.path not in codes:
            codes[site.path] = _plan(site, opened)
    return codes


def _plan(site: Site, opened: ExitStack) -> PackagePlan | None:
    try:
        return plan_package(read_members(site.path, opened))
    except AlreadySigned:
        return None
    except PackageError as error:
        raise PackageError(f"{site.path}, which {site.resource} names: {error.message}") from error


def _judge_signed(codes: _Codes, demands: Demands) -> tuple[Mapping[Path, Signature], Mapping[Path, str]]:
    """Tell apart what is signed as it would be signed here, and what is not, with the reason."""
    kept, refused = {}, {}
    for path in (path for path, plan in codes.items() if plan is None):
        try:
            signature, _ = demands.verify(path)
        except (IntegrityError, PackageError) as error:
            refused[path] = f"it is signed already, and used as it is: {error.message}"
            continue
        if demands.is_lasting(signature.expires_at):
            kept[path] = signature
        else:
            refused[path] = f"it is signed already, and its signature expires on {signature.expires_at:%Y-%m-%d}"
    return kept, refused


def _tell_refused(sites: Sequence[Site], refused: Mapping[Path, str]) -> Iterable[Unsigned]:
    return (Unsigned(resource=site.resource, reason=refused[site.path]) for site in sites if site.path in refused)
