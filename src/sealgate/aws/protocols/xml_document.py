"""XML documents from strangers, as small trees.

No document type declaration is accepted, so there are no entities to expand and nothing outside to fetch. Depth is
limited; size is limited by who reads the body. Namespaces are dropped: clients differ in whether they write them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from sealgate.aws.faults import MalformedDocument

MAX_DEPTH = 32
"""No document of a modelled operation is half as deep."""

_TEXT = "The XML you provided was not well-formed or did not validate against our published schema"


@dataclass(slots=True, kw_only=True)
class Element:
    """One element: its local name, the text directly inside it, and its children in order."""

    name: str
    text: str = ""
    children: list[Element] = field(default_factory=list)


class NotValid(MalformedDocument):
    """A document that is not well-formed, or not of the expected shape."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{_TEXT}: {why}")


class _Builder:
    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        element = Element(name=name.rpartition(" ")[2])
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)
        if len(self._open) > MAX_DEPTH:
            raise NotValid("it is too deep")

    def end(self, _name: str) -> None:
        self._open.pop()

    def text(self, data: str) -> None:
        self._open[-1].text += data

    def refuse(self, *_: object) -> None:
        raise NotValid("a document type declaration is not allowed")


def parse_document(body: bytes) -> Element:
    """Read a whole document.

    Raises:
        NotValid: It is not well-formed, has a document type declaration, or is too deep.
    """
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = builder.refuse
    try:
        parser.Parse(body, True)  # noqa: FBT003 - expat takes it by position
    except (expat.ExpatError, LookupError, ValueError) as error:  # the latter two: an encoding it does not know
        raise NotValid(str(error)) from error
    if builder.root is None:
        raise NotValid("it is empty")
    return builder.root
