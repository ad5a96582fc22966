"""Words: what fills them, how times are written, and what is refused."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.places import Place, Places
from shared.words.book import (
    Book,
    DoNotFit,
    NoSuchTemplate,
    Wording,
    as_html,
    between,
    clock_time,
    day,
    filling,
    from_files,
    listed,
    phones,
)

RIVERSIDE = Place("s", "MSK", "Riverside Health Centre", "020 7946 0101", "Riverside Hospital", "1 River Street")
PLACES = Places.of([RIVERSIDE])


def at(hour: int, minute: int = 0, day: int = 1) -> datetime:
    """An instant in December."""
    return datetime(2026, 12, day, hour, minute, tzinfo=UTC)


def book(**parts: str) -> Book:
    """A book with one message's words."""
    return Book([Wording("prompts", "hello", part, "en", 3, body) for part, body in parts.items()])


@pytest.mark.parametrize(
    ("hour", "minute", "text"),
    [
        pytest.param(9, 0, "9am", id="on the hour"),
        pytest.param(14, 30, "2.30pm", id="a full stop, no colon"),
        pytest.param(9, 5, "9.05am", id="minutes have two digits"),
        pytest.param(12, 0, "12 noon", id="noon"),
        pytest.param(12, 30, "12.30pm", id="after noon"),
        pytest.param(0, 0, "midnight", id="midnight"),
        pytest.param(0, 15, "12.15am", id="after midnight"),
        pytest.param(23, 59, "11.59pm", id="before midnight"),
    ],
)
def test_times_as_the_nhs_writes_them(hour: int, minute: int, text: str) -> None:
    """The NHS content guide: 9am, 2.30pm, 12 noon, midnight."""
    assert clock_time(at(hour, minute)) == text


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        pytest.param(at(9), at(9, 30), "between 9am and 9.30am", id="a range"),
        pytest.param(at(11, 30), at(12), "between 11.30am and 12 noon", id="until noon"),
        pytest.param(at(9), at(9), "at about 9am", id="no end is known"),
        pytest.param(at(9), at(9, day=2), "at about 9am", id="the end is on another day"),
    ],
)
def test_ranges(start: datetime, end: datetime, text: str) -> None:
    """A call has a range, where one is known."""
    assert between(start, end) == text


def test_days_have_names_and_no_leading_zero() -> None:
    """A weekday helps more than a year."""
    assert day(at(9)) == "Tuesday 1 December"


def visit(mode: str, hour: int, name: str = "Riverside", phone: str = "020 7946 0101") -> dict[str, Any]:
    """An appointment as words see it."""
    return {"mode": mode, "start": at(hour), "end": at(hour, 30), "place": {"name": name, "phone": phone}}


def test_several_in_one_line() -> None:
    """Each with its time and how or where it is."""
    visits = [visit("in-person", 9), visit("telephone", 12), visit("video", 15)]
    assert listed(visits) == "9am, at Riverside; between 12 noon and 12.30pm, by phone; 3pm, by video"


@pytest.mark.parametrize(
    ("visits", "text"),
    [
        pytest.param([visit("in-person", 9), visit("video", 10)], "020 7946 0101", id="one number"),
        pytest.param(
            [visit("in-person", 9), visit("in-person", 10, "Other ward")], "020 7946 0101", id="two names of it"
        ),
        pytest.param(
            [visit("in-person", 9), visit("in-person", 10, "Hill Clinic", "020 7946 0102")],
            "020 7946 0101 about 9am, or 020 7946 0102 about 10am",
            id="two numbers",
        ),
    ],
)
def test_whom_to_call_about_several(visits: list[dict[str, Any]], text: str) -> None:
    """One number, or each with the times that it is for: names of places would make the text too long."""
    assert phones(visits) == text


@pytest.mark.parametrize(
    ("name", "first_name", "greeting"),
    [
        pytest.param("Ada", "Ada", "Dear Ada", id="a name"),
        pytest.param("  Mary  Ann ", "Mary Ann", "Dear Mary Ann", id="spaces"),
        pytest.param("Ada\nSTOP", "Ada STOP", "Dear Ada STOP", id="lines"),
        pytest.param("A\u202eda\x07", "Ada", "Dear Ada", id="bidirectional and control characters"),
        pytest.param(None, "Hello", "Hello", id="no name"),
        pytest.param(" ", "Hello", "Hello", id="an empty name"),
        pytest.param("A" * 36, "Hello", "Hello", id="too long for a name"),
    ],
)
def test_how_a_patient_is_addressed(name: str | None, first_name: str, greeting: str) -> None:
    """By first name; where none is known, `Hello` reads well in the same place."""
    filled = filling({}, name, PLACES)
    assert (filled["first_name"], filled["greeting"]) == (first_name, greeting)


def test_instants_and_places_are_filled_in_wherever_they_are() -> None:
    """Instants by the clinic's clock, places by their public names, in lists and dicts too."""
    start = {"at": "2026-07-01T08:00:00+00:00", "zone": "Europe/London"}
    filled = filling({"start": start, "visits": [{"place": {"place": "s#MSK"}}], "count": "1"}, "Ada", PLACES)
    assert f"{filled['start']:%H:%M}" == "09:00"
    assert filled["visits"][0]["place"]["name"] == "Riverside Health Centre"
    assert filled["count"] == "1"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("{{ nobody }}", id="an unknown name"),
        pytest.param("{{ place.name }}", id="a place that nobody registered"),
        pytest.param("{% if place.address %}x{% endif %}", id="a test of what isn't there"),
        pytest.param("{{ first_name|day }}", id="a name is no day"),
        pytest.param("{{ count|between(count) }}", id="a number is no range"),
        pytest.param("{{ visits|listed }}", id="a list of what isn't there"),
        pytest.param("{{ first_name|upper }}", id="a filter that isn't ours"),
        pytest.param("{{ lipsum() }}", id="a function of Jinja's"),
        pytest.param("{{ first_name.__class__.__mro__ }}", id="a way out of the sandbox"),
        pytest.param("{% if %}", id="no template at all"),
    ],
)
def test_words_that_do_not_fit(body: str) -> None:
    """What cannot be filled is a `DoNotFit` that names the words and shows no patient."""
    filled = filling({"place": {"place": "s#gone"}, "count": "2", "visits": [{}]}, "Ada", PLACES)
    with pytest.raises(DoNotFit) as refused:
        book(sms=body).render("prompts", "hello", "sms", filled)
    assert str(refused.value).startswith("hello.sms version 3: ")
    assert "Ada" not in str(refused.value)


@pytest.mark.parametrize(
    ("planner", "name", "channel"),
    [("prompts", "goodbye", "sms"), ("followup", "hello", "sms"), ("prompts", "hello", "email")],
)
def test_words_that_nobody_shipped(planner: str, name: str, channel: str) -> None:
    """A missing template is named."""
    with pytest.raises(NoSuchTemplate, match=f"{planner} has no words {name}"):
        book(sms="Hello").render(planner, name, channel, {})


def test_an_email_has_a_subject_text_and_page() -> None:
    """Two templates make it; its subject is one line; the message log names both versions."""
    rendered = book(subject="To\r\nBcc: x", email="Dear {{ a }},\n\nCome.\n").render(
        "prompts", "hello", "email", {"a": "<b>"}
    )
    assert (rendered.words, rendered.subject, rendered.text) == ("hello.email/3.3", "To Bcc: x", "Dear <b>,\n\nCome.")
    assert "<p>Dear &lt;b&gt;,</p><p>Come.</p>" in rendered.html


def test_a_text_has_text_only() -> None:
    """No subject, no page."""
    rendered = book(sms="Hello {{ a }}\n").render("prompts", "hello", "sms", {"a": "you"})
    assert (rendered.words, rendered.text, rendered.subject, rendered.html) == ("hello.sms/3", "Hello you", "", "")


@given(st.text())
def test_no_text_becomes_markup(text: str) -> None:
    """Whatever a name holds, the page shows it."""
    inside = as_html(text).partition("<body")[2].partition(">")[2]
    assert (
        inside.replace("<p>", "").replace("</p>", "").replace("<br>", "").removesuffix("</body></html>").count("<") == 0
    )


def test_shipped_words_are_files(tmp_path: Path) -> None:
    """`{name}.{part}.txt` in a folder a language; anything else is none of ours."""
    (tmp_path / "en").mkdir()
    for file in ("hello.sms.txt", "hello.several.email.txt", "notes.txt", "hello.sms.bak"):
        (tmp_path / "en" / file).write_text(" text \n", "utf-8")
    wordings = from_files("prompts", tmp_path)
    assert [(w.name, w.part, w.language, w.body) for w in wordings] == [
        ("hello.several", "email", "en", "text"),
        ("hello", "sms", "en", "text"),
    ]
