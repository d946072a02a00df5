"""From properties to members of operations, and from refusals to what they mean for a resource."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager

from sealgate.services.stacks.operations import OperationRefused
from sealgate.services.stacks.resource import HandlerFailed, Made, Properties, ResourceCall
from sealgate.services.stacks.templates.values import Value


def given(properties: Properties, *names: str) -> dict[str, Value]:
    """Answer those of the properties that are given, as members of the same names."""
    return {name: properties[name] for name in names if name in properties}


def changed(old: Properties, new: Properties, defaults: Mapping[str, Value]) -> dict[str, Value]:
    """Answer the properties that differ, as members of the same names.

    Args:
        old: What was.
        new: What shall be.
        defaults: Which properties are meant, and what each is without being given.
    """
    return {
        name: new.get(name, default)
        for name, default in defaults.items()
        if new.get(name, default) != old.get(name, default)
    }


@contextmanager
def tolerating(*codes: str) -> Iterator[None]:
    """Go on where an operation is refused with one of these codes: what shall be done is done already.

    Raises:
        OperationRefused: It is refused for another reason.
    """
    try:
        yield
    except OperationRefused as refused:
        if refused.code not in codes:
            raise


def find(
    call: ResourceCall, service: str, operation: str, /, *, absent: Container[str], **members: Value
) -> Mapping[str, Value] | None:
    """Answer what an operation answers; None where it is refused with one of the codes `absent`.

    Raises:
        OperationRefused: It is refused for another reason.
    """
    try:
        return call.perform(service, operation, **members)
    except OperationRefused as refused:
        if refused.code not in absent:
            raise
        return None


def make_named(
    call: ResourceCall, service: str, operation: str, /, *, name: str, is_own: bool, taken: str, **members: Value
) -> None:
    """Make what has a name, and note that it is there; what this step has made before is fine.

    Args:
        call: The step.
        service: Of the operation that makes it.
        operation: That operation.
        name: What it is called, and found by.
        is_own: Whether nothing else is called so: the name was generated.
        taken: The code with which that is refused where the name is taken.
        members: Of the operation.

    Raises:
        OperationRefused: It is refused; because the name is somebody else's, too.
    """
    try:
        call.perform(service, operation, lambda _: call.record(name), **members)
    except OperationRefused as refused:
        if refused.code != taken or not (is_own or call.recorded == name):
            raise
        call.record(name)


class Unchangeable:
    """A resource type each of whose properties replaces the resource."""

    name: str

    def update(self, call: ResourceCall, physical_id: str, old: Properties, new: Properties) -> Made:  # noqa: ARG002 - as others
        """Refuse; the engine never asks.

        Raises:
            HandlerFailed: Always.
        """
        raise HandlerFailed(f"A resource of the type {self.name} cannot be changed in place", code="NotUpdatable")
