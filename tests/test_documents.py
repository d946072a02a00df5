"""Documents that are written from code say what the code says."""

from scripts import document


def test_the_table_of_operations_is_the_one_that_the_code_gives() -> None:
    written = document.TARGET.read_text(encoding="utf-8")
    assert written == document.render(), "run: python scripts/document.py"
