"""From method, raw path and query to an operation, by the service model's own request URIs.

Paths are taken apart before they are decoded: an ARN in a path is one segment, whatever slashes it holds encoded.
Literal segments win over parameters, `{Key+}` takes the rest, and of the operations that share method and path the
one wins that asks for most in query and headers and finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from sealgate.aws.faults import Malformed
from sealgate.aws.operation import Operation
from sealgate.aws.request import Request, decode_component

T = TypeVar("T")
_NO_SEGMENTS = frozenset({"", ".", ".."})


class Match(NamedTuple, Generic[T]):
    """What a request is for: the target of a route, and the parts of the path that are members, decoded."""

    target: T
    labels: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate(Generic[T]):
    """One operation among those of the same method and path.

    Attributes:
        static: Query parameters with the value they must have; None: any.
        required: Members' query parameters that must be present.
        headers: Members' headers that must be present, in lower case.
        labels: The names of the path's parameters, in order.
    """

    target: T
    static: tuple[tuple[str, str | None], ...]
    required: tuple[str, ...]
    headers: tuple[str, ...]
    labels: tuple[str, ...]

    @property
    def asks_for_nothing(self) -> bool:
        return not (self.static or self.required or self.headers)

    def has_static(self, request: Request) -> bool:
        return all(
            any(name == key and (wanted is None or value == wanted) for key, value in request.query)
            for name, wanted in self.static
        )

    def has_required(self, request: Request) -> bool:
        present = {name for name, _ in request.query}
        return present.issuperset(self.required) and all(name in request.headers for name in self.headers)


@dataclass(slots=True)
class _Node(Generic[T]):
    literals: dict[str, _Node[T]] = field(default_factory=dict)
    parameter: _Node[T] | None = None
    rest: dict[str, list[_Candidate[T]]] = field(default_factory=dict)
    here: dict[str, list[_Candidate[T]]] = field(default_factory=dict)


class Router(Generic[T]):
    """The routes of one service.

    Args:
        service: Its signing name.
        routes: Operations and what they lead to.
    """

    def __init__(self, service: str, routes: Sequence[tuple[Operation, T]]) -> None:
        self._is_s3 = service == "s3"
        self._root: _Node[T] = _Node()
        # A deprecated operation is found only where no other one is; the sort below keeps this order among equals.
        for operation, target in sorted(routes, key=lambda route: bool(route[0].model.deprecated)):
            self._add(operation, target)

    def _add(self, operation: Operation, target: T) -> None:
        path, _, query = operation.uri.partition("?")
        segments = [each for each in path.split("/") if each]
        names = tuple(each.strip("{}").rstrip("+") for each in segments if each.startswith("{"))
        node, is_greedy = self._root, False
        for each in segments:
            if each.endswith("+}"):
                is_greedy = True
            elif each.startswith("{"):
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(each, _Node())
        candidates = (node.rest if is_greedy else node.here).setdefault(operation.method, [])
        candidates.append(_candidate(operation, target, query, names))
        candidates.sort(key=lambda each: -len(each.static) - len(each.required) - len(each.headers))

    def find(self, request: Request) -> Match[T] | None:
        """Answer the operation that a request is for, or None.

        Raises:
            Malformed: The path has dot or empty segments, which the signature would not tell apart; or is not UTF-8.
        """
        path = request.raw_path
        if self._is_s3:
            bucket, slash, key = path.removeprefix("/").partition("/")
            segments = [bucket, key] if slash and key else [bucket] if bucket else []
        else:
            segments = path.strip("/").split("/") if path != "/" else []
            if path.startswith("//") or path.endswith("//") or not _NO_SEGMENTS.isdisjoint(segments):
                raise Malformed("The request path has an empty segment, or '.' or '..'.")
        found = self._walk(self._root, segments, 0, [], request)
        if found is None:
            return None
        candidate, values = found
        labels = dict(zip(candidate.labels, map(decode_component, values), strict=True))
        return Match(target=candidate.target, labels=labels)

    def _walk(
        self, node: _Node[T], segments: list[str], index: int, values: list[str], request: Request
    ) -> tuple[_Candidate[T], list[str]] | None:
        if index == len(segments):
            chosen = _choose(node.here.get(request.method, ()), request)
            return None if chosen is None else (chosen, values)
        segment = segments[index]
        if segment in node.literals:
            found = self._walk(node.literals[segment], segments, index + 1, values, request)
            if found is not None:
                return found
        if node.rest:
            chosen = _choose(node.rest.get(request.method, ()), request)
            return None if chosen is None else (chosen, [*values, segment])
        if node.parameter is not None:
            return self._walk(node.parameter, segments, index + 1, [*values, segment], request)
        return None


def _candidate(operation: Operation, target: T, query: str, labels: tuple[str, ...]) -> _Candidate[T]:
    shape = operation.model.input_shape
    members = [shape.members[name].serialization for name in shape.required_members] if shape else []
    parts = [part.partition("=") for part in query.split("&") if part]
    return _Candidate(
        target=target,
        static=tuple((name, value if equals else None) for name, equals, value in parts),
        required=tuple(member["name"] for member in members if member.get("location") == "querystring"),
        headers=tuple(member["name"].lower() for member in members if member.get("location") == "header"),
        labels=labels,
    )


def _choose(candidates: Sequence[_Candidate[T]], request: Request) -> _Candidate[T] | None:
    """Answer the first that finds all it asks for, else the least demanding, whose validation then says what lacks."""
    if len(candidates) == 1 and candidates[0].asks_for_nothing:  # as most routes
        return candidates[0]
    fitting = [each for each in candidates if each.has_static(request)]
    for each in fitting:
        if each.has_required(request):
            return each
    return fitting[-1] if fitting else None
