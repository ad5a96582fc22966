"""Ages by birth dates of which a part may be unknown."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clinic.birth_date import age_on, birth_date, is_child


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        pytest.param("2010-06-15", date(2026, 6, 14), 15, id="the day before a birthday"),
        pytest.param("2010-06-15", date(2026, 6, 15), 16, id="a birthday"),
        pytest.param("2010-06", date(2026, 6, 30), 15, id="a month: counted to its last day, the 31st"),
        pytest.param("2010-06", date(2026, 7, 1), 16, id="the month after"),
        pytest.param("2010", date(2026, 12, 30), 15, id="a year"),
        pytest.param("2010", date(2026, 12, 31), 16, id="the last day of the year"),
        pytest.param("2026", date(2026, 2, 1), 0, id="born this year, who knows when: a baby"),
        pytest.param("2026-02", date(2026, 2, 1), 0, id="born this month"),
        pytest.param("2026-02-02", date(2026, 2, 1), None, id="born tomorrow"),
        pytest.param("2027", date(2026, 2, 1), None, id="born next year"),
        pytest.param("2008-02-29", date(2026, 2, 28), 17, id="a leap day"),
        pytest.param("2008-02-29", date(2026, 3, 1), 18, id="after a leap day"),
        pytest.param(None, date(2026, 3, 1), None, id="unknown"),
    ],
)
def test_age(born: str | None, day: date, age: int | None) -> None:
    """The age is in completed years; where a part of the date is unknown, the youngest that it may be."""
    assert age_on(born, day) == age
    assert is_child(born, day) is (age is not None and age < 18)


@given(st.dates(date(1900, 1, 1), date(2025, 12, 31)), st.dates(date(2026, 1, 1), date(2100, 1, 1)))
def test_less_known_is_younger(born: date, day: date) -> None:
    """Whoever is a child by the whole date is one by the month, and by the year."""
    whole, month, year = (age_on(born.isoformat()[:length], day) for length in (10, 7, 4))
    assert whole is not None
    assert month is not None
    assert year is not None
    assert year <= month <= whole <= year + 1


@given(st.text())
def test_any_text_is_read_or_none(text: str) -> None:
    """No text raises, and what is read is read the same again."""
    read = birth_date(text)
    assert read is None or birth_date(read) == read
