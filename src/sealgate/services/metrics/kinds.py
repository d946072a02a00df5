"""Which metrics there are, and which rows each is counted from.

AWS has `SignatureValidationErrors`; a start that is refused has no metric there, so that one is in a namespace of its
own. (AWS Lambda Developer Guide, "Using code signing to verify code integrity".)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sealgate.store.metrics import FAILED_DEPLOYMENTS, REFUSED_STARTS, Tally

_FUNCTION = "FunctionName"
_RESOURCE = "Resource"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What is measured.

    Attributes:
        dimensions: Name and value of each, in the order of the names.
    """

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()

    @property
    def function(self) -> str:
        """The function that it is about; empty: all of them."""
        return dict(self.dimensions).get(_FUNCTION, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One name of a metric: there is one metric of it for all functions together, and some for each function.

    Attributes:
        by_function: The names of the dimensions of each of a function's metrics; every value is the function's name.
        tally: What it counts.
    """

    namespace: str
    name: str
    by_function: tuple[tuple[str, ...], ...]
    tally: Tally

    def list_metrics(self, functions: Sequence[str]) -> list[Metric]:
        """Answer the metrics where something has happened to these functions, in the order of lists."""
        return [metric for function in ("", *functions) for metric in self.metrics_of(function)] if functions else []

    def metrics_of(self, function: str) -> list[Metric]:
        """Answer the metrics of a function; with an empty name, that of all functions."""
        return [
            Metric(namespace=self.namespace, name=self.name, dimensions=tuple((each, function) for each in names))
            for names in (self.by_function if function else ((),))
        ]


SIGNATURE_ERRORS = Kind(
    namespace="AWS/Lambda",
    name="SignatureValidationErrors",
    by_function=((_FUNCTION,), (_FUNCTION, _RESOURCE)),
    tally=FAILED_DEPLOYMENTS,
)
"""Deployments with a failed signature check that a code signing config had demanded, let in with a warning or not."""
INTEGRITY_ERRORS = Kind(
    namespace="Sealgate", name="CodeIntegrityErrors", by_function=((_FUNCTION,),), tally=REFUSED_STARTS
)
"""Starts that were refused: of code that was altered, or that is revoked or expired where that counts."""
KINDS = (SIGNATURE_ERRORS, INTEGRITY_ERRORS)
"""In the order of lists: by namespace."""


def find_kind(metric: Metric) -> Kind | None:
    """Answer which kind a metric is of; None where there is no such metric."""
    return next((kind for kind in KINDS if metric in kind.metrics_of(metric.function)), None)
