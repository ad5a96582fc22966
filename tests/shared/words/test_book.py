"""The book: whose words a reader gets, in which languages, and what is said to have been sent."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clinic.places import Place, Places
from shared.words.book import LONGEST_LINE, LONGEST_SENT, RULE, Book, Rendered
from shared.words.filling import Reader
from shared.words.wording import (
    DoesNotFit,
    Language,
    NoSuchWording,
    NotAllowed,
    Part,
    Recipient,
    Slot,
    Wording,
    WordsError,
)

SITE = "s#MSK"
RIVERSIDE = Place(
    source="s",
    clinic="MSK",
    name="Riverside Health Centre",
    phone="020 7946 0101",
    sender="Riverside Hospital",
    site="MSK",
)
WARD = Place(
    source="s",
    clinic="WARD",
    name="Riverside Health Centre",
    phone="020 7946 0101",
    sender="Riverside Hospital",
    site="MSK",
)
HILL = Place(
    source="s",
    clinic="HILL",
    name="Hill Clinic",
    phone="020 7946 0102",
    sender="Riverside Hospital",
    site="HILL",
    language="cy",
)
PLACES = Places.of([RIVERSIDE, WARD, HILL])
START = {"at": "2026-12-01T14:30:00+00:00", "zone": "Europe/London"}
NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)


def wording(part: str, slot: str, version: int = 3, body: str | None = None) -> Wording:
    """A wording of `hello` whose slot is written as `language`, `language@recipient`, `language@recipient@site`."""
    language, recipient, site = (*slot.split("@"), "", "")[:3]
    place = Slot(
        planner="p",
        name="hello",
        part=Part(part),
        language=Language(language),
        recipient=Recipient(recipient or "patient"),
        site=SITE if site else "",
    )
    return Wording(slot=place, body=f"{part} for {slot}" if body is None else body, version=version)


def book(part: str, *slots: str) -> Book:
    return Book([wording(part, slot) for slot in slots])


def reader(language: str | None = None, recipient: str = "patient", first_name: str | None = "Ada") -> Reader:
    return Reader(recipient=Recipient(recipient), first_name=first_name, language=language, now=NOW)


def render(
    words: Book, channel: Any = "sms", to: Reader | None = None, keys: tuple[str, ...] = ("s#MSK",), **data: Any
) -> Rendered:
    return words.render("p", "hello", channel, data, to or reader(), PLACES, keys)


@pytest.mark.parametrize(
    ("slots", "language", "recipient", "keys", "words"),
    [
        pytest.param("en", None, "patient", "s#MSK", "en.3", id="nothing known: English"),
        pytest.param("en cy", "cy", "patient", "s#MSK", "cy.3", id="the patient's language"),
        pytest.param("en cy", "both", "patient", "s#MSK", "cy.3+en.3", id="both: Welsh first"),
        pytest.param("en", "cy", "patient", "s#MSK", "en.3", id="a language without words: English"),
        pytest.param("en", "both", "patient", "s#MSK", "en.3", id="both, and one has none: English once"),
        pytest.param("en cy", None, "patient", "s#HILL", "cy.3", id="unknown: the site's language"),
        pytest.param("en cy", "en", "patient", "s#HILL", "en.3", id="the patient's before the site's"),
        pytest.param("en cy", None, "patient", "s#HILL s#MSK", "cy.3", id="of several places the first one's language"),
        pytest.param("en cy", None, "patient", "s#gone", "en.3", id="a place that nobody registered"),
        pytest.param("en cy", None, "patient", "", "en.3", id="no place"),
        pytest.param("en en@carer", None, "carer", "s#MSK", "en.3@carer", id="a carer's own words"),
        pytest.param("en en@carer", None, "patient", "s#MSK", "en.3", id="the patient never reads a carer's"),
        pytest.param("en", None, "carer", "s#MSK", "en.3", id="a carer without words reads the patient's"),
        pytest.param("en cy en@carer", "cy", "carer", "s#MSK", "en.3@carer", id="a carer's English before 'you'"),
        pytest.param("en en@patient@site", None, "patient", "s#MSK", "en.3@site", id="a site's own words"),
        pytest.param("en en@patient@site", None, "patient", "s#WARD", "en.3@site", id="another code of the site"),
        pytest.param("en en@patient@site", None, "patient", "s#HILL", "en.3", id="another site"),
        pytest.param("en en@patient@site", None, "patient", "s#MSK s#WARD", "en.3@site", id="several codes of it"),
        pytest.param("en en@patient@site", None, "patient", "s#MSK s#HILL", "en.3", id="several sites: everybody's"),
        pytest.param("en cy en@patient@site", "cy", "patient", "s#MSK", "cy.3", id="the language before the site"),
        pytest.param("en@patient@site en@carer", None, "carer", "s#MSK", "en.3@carer", id="the recipient before both"),
        pytest.param("en en@carer@site", None, "carer", "s#MSK", "en.3@carer@site", id="a site's words for carers"),
    ],
)
def test_whose_words_a_reader_gets(slots: str, language: str | None, recipient: str, keys: str, words: str) -> None:
    """The reader's own before the patient's, their language before English, the site's before everybody's."""
    rendered = render(book("sms", *slots.split()), to=reader(language, recipient), keys=tuple(keys.split()))
    assert rendered.words == f"hello.sms/{words}"
    assert "+".join(rendered.languages) == "+".join(part[:2] for part in words.split("+"))


BODY = "{{ first_name }}, {{ place.sender }}: {{ visits|listed }}. {{ visits|phones }}"


def visits(number: int) -> list[dict[str, Any]]:
    """Appointments of one day, at three places in turn."""
    places = [{"place": key} for key in ("s#MSK", "s#WARD", "s#HILL")]
    starts = [datetime(2026, 12, 1, 9, tzinfo=UTC) + timedelta(minutes=20 * one % 880) for one in range(number)]
    instants = [{"at": start.isoformat(), "zone": "Europe/London"} for start in starts]
    return [{"start": at, "end": at, "mode": "in-person", "place": places[one % 3]} for one, at in enumerate(instants)]


def of_a_day(number: int, first_name: str = "Ada", language: str = "both") -> Rendered:
    words = Book([wording("sms", language, body=BODY) for language in ("en", "cy")])
    to = reader(language, first_name=first_name)
    return render(words, to=to, visits=visits(number), place={"place": "s#MSK"})


@pytest.mark.parametrize(
    ("number", "first_name", "languages", "segments"),
    [
        pytest.param(2, "Ada", "cy en", 2, id="two visits"),
        pytest.param(19, "Ada", "cy en", 11, id="as many as two languages hold"),
        pytest.param(19, "فاطمة", "cy en", 24, id="the same in UCS-2"),
        pytest.param(20, "Ada", "en", 6, id="twenty: English alone"),
        pytest.param(20, "فاطمة", "en", 13, id="twenty in UCS-2"),
    ],
)
def test_a_text_that_is_too_long_for_two_languages_is_sent_in_english(
    number: int, first_name: str, languages: str, segments: int
) -> None:
    """Twilio refuses more than 1,600 characters for good: who may read both reads the one that everybody reads."""
    rendered = of_a_day(number, first_name)
    assert (" ".join(rendered.languages), rendered.segments) == (languages, segments)
    assert len(rendered.text) <= LONGEST_SENT
    assert rendered.words == f"hello.sms/{'+'.join(f'{one}.3' for one in languages.split())}"


@pytest.mark.parametrize("language", ["en", "cy", "both"])
def test_a_text_that_is_too_long_in_one_language_is_not_sent(language: str) -> None:
    """It waits where it is seen, with the reason and the cure, and nothing of the patient's."""
    with pytest.raises(
        DoesNotFit, match=r"hello\.sms/\w\w\.3: the text comes to [12],\d+ characters, 1,600"
    ) as refused:
        of_a_day(50, language=language)
    assert "Ada" not in str(refused.value)


def test_very_many_appointments_are_named_as_the_reason() -> None:
    """A clinic's test patient with hundreds on one day is no riddle."""
    with pytest.raises(DoesNotFit, match="over 10,000 characters: very many appointments on one day"):
        of_a_day(500)


@given(st.text(max_size=30), st.integers(1, 40), st.sampled_from(["en", "cy", "both"]))
def test_no_text_is_longer_than_can_be_sent(first_name: str, number: int, language: str) -> None:
    """Whoever reads it and however many appointments there are."""
    try:
        rendered = of_a_day(number, first_name, language)
    except DoesNotFit:
        return
    assert len(rendered.text.encode("utf-16-le")) // 2 <= LONGEST_SENT


def test_of_several_versions_the_newest_is_read() -> None:
    """In whatever order they come."""
    newest = Book([wording("sms", "en", 2, "two"), wording("sms", "en", 10, "ten"), wording("sms", "en", 9, "nine")])
    assert (render(newest).words, render(newest).text) == ("hello.sms/en.10", "ten")


def test_words_that_were_taken_away_are_passed_over() -> None:
    """An empty newest version says nothing: the next best does, and nobody where there is none."""
    with_general = Book([wording("sms", "en", body="all"), wording("sms", "en@patient@site", 1, "site")])
    assert render(with_general).text == "site"
    taken = [wording("sms", "en", body="all"), wording("sms", "en@patient@site", 2, "")]
    assert render(Book(taken)).text == "all"
    with pytest.raises(NoSuchWording):
        render(Book([wording("sms", "en", body="")]))


def test_a_text_in_two_languages_is_one_text() -> None:
    """Welsh, a blank line, English, each with its own days; counted as one."""
    body = "{{ first_name }}: {{ start|day }}"
    rendered = render(
        Book([wording("sms", "en", body=body), wording("sms", "cy", body=body)]),
        to=reader("both", first_name=None),
        start=START,
    )
    assert rendered.text == "Helo: dydd Mawrth 1 Rhagfyr\n\nHello: Tuesday 1 December"
    assert (rendered.subject, rendered.html, rendered.title, rendered.segments) == ("", "", "", 1)


def test_a_language_that_falls_back_to_english_has_english_days() -> None:
    """Values are filled in the language of the words, not of the reader."""
    rendered = render(
        Book([wording("sms", "en", body="{{ first_name }}: {{ start|day }}")]),
        to=reader("cy", first_name=None),
        start=START,
    )
    assert rendered.text == "Hello: Tuesday 1 December"


def test_texts_are_sanitised_and_counted() -> None:
    """What GSM-7 lacks is written in it where the meaning stays; the segments are those that are billed."""
    rendered = render(Book([wording("sms", "en", body="\u201cHello\u201d \u2013 " + "a" * 160)]))
    assert rendered.text.startswith('"Hello" - a')
    assert rendered.segments == 2


def mail(*versions: tuple[str, str, str]) -> Book:
    """A book with e-mails: part, slot, body."""
    return Book([wording(part, slot, number, body) for number, (part, slot, body) in enumerate(versions, 1)])


def test_an_email_has_a_subject_a_text_a_page_and_a_title() -> None:
    """The message log names the version of each; the page escapes."""
    rendered = render(
        mail(
            ("subject", "en", "Your visit"),
            ("email", "en", "Dear {{ first_name }},\n\n<b>Come."),
            ("calendar", "en", "Visit"),
        ),
        "email",
    )
    assert (rendered.words, rendered.subject, rendered.title) == ("hello.email/en.1.2.3", "Your visit", "Visit")
    assert (rendered.text, rendered.segments, rendered.languages) == ("Dear Ada,\n\n<b>Come.", 0, (Language.ENGLISH,))
    assert "&lt;b&gt;Come." in rendered.html
    assert "<title>Your visit</title>" in rendered.html


def test_an_email_in_two_languages_is_one_email() -> None:
    """Welsh first in subject, text and page; a title that is lacking is the subject."""
    rendered = render(
        mail(
            ("subject", "en", "Your visit"),
            ("subject", "cy", "Eich ymweliad"),
            ("email", "en", "Come."),
            ("email", "cy", "Dewch."),
        ),
        "email",
        reader("both"),
    )
    assert (rendered.subject, rendered.title) == ("Eich ymweliad / Your visit", "Eich ymweliad / Your visit")
    assert rendered.text == f"Dewch.\n\n{RULE}\n\nCome."
    assert rendered.html.index("Dewch.") < rendered.html.index("Come.")
    assert rendered.words == "hello.email/cy.2.4+en.1.3"


def test_a_subject_that_a_language_lacks_is_english_and_said_once() -> None:
    """The log tells which version in which language stood in for it."""
    both = mail(("subject", "en", "Your visit"), ("email", "en", "Come."), ("email", "cy", "Dewch."))
    rendered = render(both, "email", reader("both"))
    assert (rendered.subject, rendered.words) == ("Your visit", "hello.email/cy.en1.3+en.1.2")


@pytest.mark.parametrize("missing", ["subject", "email"])
def test_an_email_without_one_of_its_parts_is_not_sent(missing: str) -> None:
    """Subject and text are needed; it fails with their name."""
    parts = [wording(part, "en") for part in ("subject", "email", "sms") if part != missing]
    with pytest.raises(NoSuchWording, match=f"p has no words hello.{missing}"):
        render(Book(parts), "email")


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        pytest.param("To\r\nBcc: x", "To Bcc: x", id="CR and LF"),
        pytest.param("To\n\n\tyou", "To you", id="empty lines and tabs"),
        pytest.param("{{ reason }}", "One Two", id="a value with a line break"),
        pytest.param("x" * 200, "x" * (LONGEST_LINE - 1) + "…", id="too long"),
    ],
)
def test_subjects_are_one_line(subject: str, shown: str) -> None:
    """Whatever a wording or a value holds, no header can be added, and nothing hides."""
    rendered = render(
        Book([wording("subject", "en", body=subject), wording("email", "en")]), "email", reason="One\r\nTwo"
    )
    assert rendered.subject == rendered.title == shown


@given(st.text(min_size=1), st.text())
def test_no_text_and_no_name_breaks_out_of_a_subject(text: str, name: str) -> None:
    """A subject is one short printable line, or the e-mail is not sent."""
    words = Book([wording("subject", "en", body="{{ first_name }} {{ text }}"), wording("email", "en")])
    try:
        rendered = render(words, "email", reader(first_name=name), text=text)
    except WordsError:
        return
    assert rendered.subject.isprintable()
    assert len(rendered.subject) <= LONGEST_LINE


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_a_name_that_reads_as_a_link_among_the_words_is_left_out(channel: Any) -> None:
    """The final text is what is checked: a link that the name makes goes with it, and those of the words stay."""
    joined, apart = "{{ first_name }}.com at nhs.uk", "{{ first_name }}, see nhs.uk"
    for body, shown in ((joined, "Hello. com at nhs.uk"), (apart, "Ada, see nhs.uk")):
        words = mail(("sms", "en", body), ("subject", "en", "Hi"), ("email", "en", body))
        assert render(words, channel, reader(first_name="Ada")).text == shown


@pytest.mark.parametrize(
    ("planner", "name", "channel"), [("p", "goodbye", "sms"), ("q", "hello", "sms"), ("p", "hello", "email")]
)
def test_words_that_nobody_shipped(planner: str, name: str, channel: Any) -> None:
    """A missing wording is named, with the cure."""
    with pytest.raises(NoSuchWording, match=rf"{planner} has no words {name}\.\w+\. Start it once"):
        book("sms", "en").render(planner, name, channel, {}, reader(), PLACES, ())


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param("{{ nobody }}", DoesNotFit, id="an unknown name"),
        pytest.param("{{ place.name }}", DoesNotFit, id="a place that nobody registered"),
        pytest.param("{{ first_name|day }}", DoesNotFit, id="a name is no day"),
        pytest.param("{{ visits|listed }}", DoesNotFit, id="a list of what isn't there"),
        pytest.param("{% if can_answer %}x{% endif %}", DoesNotFit, id="nothing is left to say"),
        pytest.param("{{ lipsum() }}", NotAllowed, id="a function of Jinja's"),
        pytest.param("{{ first_name.__class__.__mro__ }}", NotAllowed, id="a way out of the sandbox"),
        pytest.param("{% if %}", NotAllowed, id="no template at all"),
        pytest.param("A\u202eda", NotAllowed, id="a mark that turns what follows"),
    ],
)
def test_broken_words_fail_alone(body: str, error: type[WordsError]) -> None:
    """The error names the wording and shows no patient; other words of the same book go on."""
    broken = Book([wording("sms", "en", body=body), wording("sms", "cy", body="Iawn, {{ first_name }}")])
    data: dict[str, Any] = {"place": {"place": "s#gone"}, "visits": [{}]}
    with pytest.raises(error) as refused:
        render(broken, **data)
    assert str(refused.value).startswith("hello.sms/en.3: ")
    assert "Ada" not in str(refused.value)
    assert render(broken, to=reader("cy"), **data).text == "Iawn, Ada"


def test_data_that_cannot_be_read_fails_as_words_do() -> None:
    """A broken instant is no crash of the claim."""
    with pytest.raises(DoesNotFit, match=r"hello\.sms/en\.3"):
        render(book("sms", "en"), start={"at": "tomorrow", "zone": "Europe/London"})
