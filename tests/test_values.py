import pytest

from sealgate.values import replace, value


@value
class Point:
    x: int
    y: int = 2

    def __post_init__(self) -> None:
        if self.x < 0:
            raise ValueError("negative")


def test_a_value_is_made_by_keywords_with_defaults_and_compared_by_what_it_holds() -> None:
    assert Point(x=1) == Point(x=1, y=2)
    assert Point(x=1) != Point(x=1, y=3)
    assert Point(x=1) != object()
    assert len({Point(x=1), Point(x=1), Point(x=2)}) == 2
    assert repr(Point(x=1)) == "Point(x=1, y=2)"


@pytest.mark.parametrize(("given", "named"), [({}, "x"), ({"x": 1, "z": 3}, "z"), ({"y": 1, "z": 3}, "x, z")])
def test_a_field_that_is_missing_or_unknown_is_refused_by_name(given: dict[str, int], named: str) -> None:
    with pytest.raises(TypeError, match=named):
        Point(**given)


def test_a_value_cannot_be_changed_nor_grow() -> None:
    point = Point(x=1)
    for name in ("x", "other"):
        with pytest.raises(AttributeError):
            setattr(point, name, 5)
        with pytest.raises(AttributeError):
            delattr(point, name)


def test_a_copy_differs_where_asked_and_is_checked_again() -> None:
    assert replace(Point(x=1), y=5) == Point(x=1, y=5)
    with pytest.raises(ValueError, match="negative"):
        replace(Point(x=1), x=-1)
