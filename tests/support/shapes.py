"""Values for any shape of a service model, drawn by hypothesis, in the form in which boto3 takes and gives them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

_START = datetime(1980, 1, 1, tzinfo=UTC)
_WHOLE_SECONDS = st.integers(0, 2**31).map(lambda seconds: _START + timedelta(seconds=seconds))
_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
_HEADER_TEXT = st.text("abcXYZ019-_=/+.:;@ ", min_size=1, max_size=12).map(lambda text: f"a{text}z")
_PREFIXES = st.text("abcdefghij-", min_size=1, max_size=6)


def values(shape: Any) -> st.SearchStrategy[Any]:
    """Answer a strategy for the values of a shape; headers get what headers can carry."""
    location = shape.serialization.get("location")
    if shape.type_name == "structure":
        return structures(shape)
    if shape.type_name == "list":
        inner = _HEADER_TEXT.map(lambda text: text.strip()) if location == "header" else values(shape.member)
        return st.lists(inner, min_size=1, max_size=3)
    if shape.type_name == "map":
        if location == "headers":
            return st.dictionaries(_PREFIXES, _HEADER_TEXT, min_size=1, max_size=2)
        return st.dictionaries(_TEXT, values(shape.value), max_size=2)
    return _HEADER_TEXT if location == "header" and shape.type_name == "string" else _SCALARS[shape.type_name]


def structures(shape: Any, *, without: frozenset[str] = frozenset()) -> st.SearchStrategy[dict[str, Any]]:
    """Answer a strategy for a structure: the required members, and any others."""
    members = {name: values(member) for name, member in shape.members.items() if name not in without}
    required = {name: value for name, value in members.items() if name in shape.required_members}
    optional = {name: value for name, value in members.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


_SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": _TEXT,
    "boolean": st.booleans(),
    "integer": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "float": st.integers(-1000, 1000).map(float),
    "double": st.integers(-1000, 1000).map(float),
    "blob": st.binary(max_size=20),
    "timestamp": _WHOLE_SECONDS,
}
