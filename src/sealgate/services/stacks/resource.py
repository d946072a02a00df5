"""What a resource type is to the engine, and what the engine is to a resource type.

A type declares its properties and attributes, and makes, changes and removes one resource at a time, by performing
operations of the API with the rights of whom the stack acts for. The engine does the rest: order, comparison of old and
new, replacement, rollback, events.

A step may be repeated after a crash. Its token is then the same, and so are the names drawn from it: a create that
finds a thing of its own generated name has found what it made before. A create records the resource's physical id in
the transaction that makes the first thing of it: so a rollback removes that, and a repeated step finds it again.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sealgate.errors import SealgateError
from sealgate.services.stacks.operations import Perform
from sealgate.services.stacks.templates.shapes import Property
from sealgate.services.stacks.templates.values import Value

Properties = Mapping[str, Value]
"""Resolved and read: names and types are as the type's `properties` say."""

SECRET_ATTRIBUTES = frozenset({"SecretAccessKey"})
"""What `Fn::GetAtt` answers to functions, and events show nothing of."""
SUFFIX_LENGTH = 12
_ALPHABET = string.ascii_letters + string.digits


class HandlerFailed(SealgateError):
    """A resource type says no, beyond what an operation has said.

    Attributes:
        code: CloudFormation's handler error code (`InvalidRequest`, `NotFound`, `AlreadyExists`, `NotStabilized`).
    """

    def __init__(self, message: str, *, code: str = "InvalidRequest") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class StackIdentity:
    """The stack that a resource is of.

    Attributes:
        name: As its creator named it.
        arn: Its id: `arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/UUID`.
        account: 12 digits.
        region: Where it stands.
        tags: The stack's, which its resources are given too.
    """

    name: str
    arn: str
    account: str
    region: str
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A resource as it is now.

    Attributes:
        physical_id: What `Ref` answers, and the resource is found by.
        attributes: What `Fn::GetAtt` answers; every one that the type declares.
    """

    physical_id: str
    attributes: Mapping[str, Value] = field(default_factory=dict)


def _forget(_: str) -> None:
    """Record nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceCall:
    """One step on one resource.

    Attributes:
        perform: Performs operations with the rights that the stack acts with.
        stack: Whose resource it is.
        logical_id: Its name in the template.
        token: The same when a step is repeated, and no other step's: 32 hexadecimal digits. For client request tokens.
        recorded: The physical id that an earlier attempt at this step has recorded; None without one.
        record: Notes, durably, that something with this physical id is there now.
        former: What `Fn::GetAtt` answered of the resource when it was what an undoing makes of it again; else nothing.
    """

    perform: Perform
    stack: StackIdentity
    logical_id: str
    token: str
    recorded: str | None = None
    record: Callable[[str], None] = _forget
    former: Mapping[str, Value] = field(default_factory=dict)

    @property
    def suffix(self) -> str:
        """Twelve letters and digits, drawn from the token."""
        return _draw_suffix(self.token)

    def generated_name(self, max_length: int, *, lower: bool = False) -> str:
        """Name a resource as CloudFormation does: `STACK-LOGICALID-SUFFIX`, each part cut where it is too long.

        Args:
            max_length: Of the whole name; at least 20.
            lower: In lower case, as buckets are.
        """
        name = generate_name(self.stack.name, self.logical_id, self.token, max_length)
        return name.lower() if lower else name


def generate_name(stack: str, logical_id: str, token: str, max_length: int) -> str:
    """Name something of a stack as CloudFormation does: `STACK-LOGICALID-SUFFIX`.

    Args:
        stack: The stack's name.
        logical_id: What it is there.
        token: What the suffix is drawn from.
        max_length: Of the whole name; at least 20. Each part is cut where it is too long.
    """
    room = max_length - SUFFIX_LENGTH - 2
    logical = logical_id[: max(room - len(stack), room // 2)]
    return f"{stack[: room - len(logical)]}-{logical}-{_draw_suffix(token)}"


def _draw_suffix(token: str) -> str:
    number = int.from_bytes(hashlib.sha256(token.encode()).digest())
    drawn = []
    for _ in range(SUFFIX_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        drawn.append(_ALPHABET[digit])
    return "".join(drawn)


class ResourceType(Protocol):
    """One type of resource: what it consists of, and how it is made, changed and removed.

    Attributes:
        name: As templates name it (`AWS::Lambda::Function`).
        properties: By name. A template with any other is refused before anything is made.
        attributes: The names that `Fn::GetAtt` may ask for; one that ends in `.*` stands for any that begins so.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - the class says it

    @property
    def properties(self) -> Mapping[str, Property]: ...  # noqa: D102

    @property
    def attributes(self) -> frozenset[str]: ...  # noqa: D102

    def create(self, call: ResourceCall, properties: Properties) -> Made:
        """Make the resource.

        Raises:
            OperationRefused: An operation failed; nothing is made, or what is made was recorded.
            HandlerFailed: The properties contradict each other.
        """
        ...

    def update(self, call: ResourceCall, physical_id: str, old: Properties, new: Properties) -> Made:
        """Change the resource in place; called where no changed property replaces.

        Called too with `old` and `new` swapped, to undo; the resource may then be as either says, or in between.
        Attributes that are not answered again stay what they were.

        Raises:
            OperationRefused: An operation failed.
            HandlerFailed: The change cannot be made.
        """
        ...

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:
        """Remove the resource; one that is gone already is fine.

        Raises:
            OperationRefused: An operation failed.
            HandlerFailed: It cannot be removed.
        """
        ...
