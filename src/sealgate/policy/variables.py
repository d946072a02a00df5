"""Policy variables: `${aws:username}` in a Resource or in the value of a condition.

What is known of them (IAM User Guide, "Policy variables"):

- Only policies of version 2012-10-17 have them; in older ones `${` is text.
- `${key, 'default'}` has a default for requests without the key.
- `${*}`, `${?}` and `${$}` are those characters, and nothing else.
- A value is literal: its `*` and `?` are no wildcards. A key of several values has none to insert.
- A variable without value and default makes its pattern match nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sealgate.policy.criteria import Criterion, equal, framed
from sealgate.policy.malformed import syntax_error
from sealgate.policy.request import MULTI_VALUED, Context
from sealgate.policy.wildcards import Matcher, compile_glob, glob_of_literal, glob_of_pattern

_START = "${"
_WILD = re.compile(r"[*?]")
_VARIABLE = re.compile(r"\$\{(?:(?P<character>[*?$])|(?P<key>[^{}$,'*?]+)(?:,\s*'(?P<default>[^']*)'\s*)?)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A place to fill.

    Attributes:
        name: The context key, as it was written.
        key: The same in lower case.
        default: What to insert where the request has no value; None where that matches nothing.
    """

    name: str
    key: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Literal:
    """A character that was written as a variable, so that it is no wildcard."""

    text: str


Part = str | Literal | Variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A value of a policy, cut at its variables.

    Attributes:
        parts: Plain text (its wildcards may count), literal characters, variables.
        criterion: Of a text that it matches.
    """

    parts: tuple[Part, ...]
    criterion: Criterion = field(init=False, compare=False, repr=False)
    _matcher: Matcher | None = field(init=False, compare=False, repr=False)
    _globs: tuple[str | Variable, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        globs = tuple(part if isinstance(part, Variable) else _constant_glob(part) for part in self.parts)
        constant = None if self.names else compile_glob("".join(str(glob) for glob in globs))
        object.__setattr__(self, "_globs", globs)
        object.__setattr__(self, "_matcher", constant)
        object.__setattr__(self, "criterion", self._criterion())

    @property
    def is_constant(self) -> bool:
        """Tell whether every request sees the same text."""
        return self._matcher is not None

    @property
    def names(self) -> tuple[str, ...]:
        """The context keys that it reads, as they were written."""
        return tuple(part.name for part in self.parts if isinstance(part, Variable))

    def text(self, context: Context) -> str | None:
        """Fill in, without wildcards; None where a variable has no value."""
        texts = [part if isinstance(part, str) else _value(part, context) for part in self.parts]
        return None if None in texts else "".join(text for text in texts if text is not None)

    def match(self, text: str, context: Context) -> bool:
        """Tell whether it matches the whole of a text, its plain wildcards counting."""
        if self._matcher is not None:
            return self._matcher(text)
        globs = [glob if isinstance(glob, str) else _glob(glob, context) for glob in self._globs]
        return None not in globs and compile_glob("".join(glob for glob in globs if glob is not None))(text)

    def _criterion(self) -> Criterion:
        plain = self.parts[0] if len(self.parts) == 1 else None
        if isinstance(plain, str) and not _WILD.search(plain):
            return equal(plain)
        head, tail = _head(self.parts[:1]), _tail(self.parts[-1:])
        return framed(head, tail, None if plain in {f"{head}*", f"*{tail}"} else self.match)

    def split(self, count: int) -> list[Template]:
        """Cut at the first colons of its plain text into at most so many."""
        pieces: list[list[Part]] = [[]]
        for part in self.parts:
            if not isinstance(part, str):
                pieces[-1].append(part)
                continue
            first, *others = part.split(":", count - len(pieces))
            pieces[-1].append(first)
            pieces.extend([other] for other in others)
        return [Template(parts=tuple(piece)) for piece in pieces]


def parse_template(text: str, *, variables: bool) -> Template:
    """Cut a value at its variables.

    Args:
        text: The value.
        variables: Whether the policy's version has variables.

    Raises:
        MalformedPolicy: What follows a `${` is no variable.
    """
    if not variables or _START not in text:
        return Template(parts=(text,))
    parts: list[Part] = []
    end = 0
    for found in _VARIABLE.finditer(text):
        parts += [text[end : found.start()], _part(found)]
        end = found.end()
    parts.append(text[end:])
    if any(isinstance(part, str) and _START in part for part in parts):
        raise syntax_error(f"{text!r} holds a policy variable that is not of the form ${{key}} or ${{key, 'default'}}.")
    return Template(parts=tuple(part for part in parts if part != ""))


def _constant_glob(part: str | Literal) -> str:
    return glob_of_pattern(part) if isinstance(part, str) else glob_of_literal(part.text)


def _head(first: tuple[Part, ...]) -> str:
    """Answer what every text that matches begins with, as far as plain text tells."""
    return _WILD.split(first[0])[0] if first and isinstance(first[0], str) else ""


def _tail(last: tuple[Part, ...]) -> str:
    """Answer what every text that matches ends with, as far as plain text tells."""
    return _WILD.split(last[0])[-1] if last and isinstance(last[0], str) else ""


def _part(found: re.Match[str]) -> Part:
    if found["character"]:
        return Literal(found["character"])
    name = found["key"].strip()
    return Variable(name=name, key=name.lower(), default=found["default"])


def _value(part: Literal | Variable, context: Context) -> str | None:
    if isinstance(part, Literal):
        return part.text
    values = () if part.key in MULTI_VALUED else context.get(part.key, ())
    return values[0] if len(values) == 1 else part.default


def _glob(variable: Variable, context: Context) -> str | None:
    text = _value(variable, context)
    return None if text is None else glob_of_literal(text)
