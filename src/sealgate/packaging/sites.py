"""What a deployment consists of, as far as signing cares: code to sign, and places to name the signed code in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sealgate.packaging.places import Unsigned
from sealgate.packaging.signer import SignedCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A resource whose code lies on this machine.

    Attributes:
        resource: Its logical ids, from the outermost template inwards (`Backend/App`).
        path: The folder or file.
        put: Makes the deployment use a signed package.
        keep: Makes it use the file as it is, which is a package that is signed already.
    """

    resource: str
    path: Path
    put: Callable[[SignedCode], None]
    keep: Callable[[Path], None]


class Deployment(Protocol):
    """A template with its nested templates, or an assembly of the CDK, read into memory."""

    @property
    def sites(self) -> Sequence[Site]:
        """Whatever code of it lies on this machine."""
        ...

    @property
    def unsigned(self) -> Sequence[Unsigned]:
        """Resources whose code does not, or cannot be signed."""
        ...

    def finish(self) -> None:
        """Write what has become of it, after every site was put or kept."""
        ...
