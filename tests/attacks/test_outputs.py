"""Attacks on what leaves us: texts on a phone, and what an operator's terminal and files show."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.clinic.places import Place, Places
from shared.words import sms
from shared.words.book import Book
from shared.words.filling import Reader, name_of
from shared.words.links import hosts
from shared.words.wording import Language, Part, Recipient, Slot, Wording, WordsError
from tests.harness import MONDAY
from tests.shared.clinic.test_placeholders import NAMES

SITE = "s#MSK"

# Domains of which the list that we once kept knew none.
STRANGERS = (
    "evil.support", "evil.cloud", "evil.africa", "evil.help", "Clinic.today", "NHS.zone", "зло.рф", "злo.онлайн",
    "evil.xn--p1ai", "evil\uff0esupport", "evil｡cloud", "evil·support", "evil.\uff53upport",
    "evil.c\u00adloud", "evil.c\u034floud", "evil\u2060.support", "№cloud.support", "1.2.3.4",
    "evil.support.Please", "a@evil.support",
)  # fmt: skip

SENTENCES = (
    "URGENT: your test is positive", "URGENT your test is positive", "Your results are in", "Call us now",
    "You have HIV", "Please ring Bob", "pay now!", "Ada? Ring this", "You are fat",
    "we know where you live", "your mum died",
    "URG\u0395NT", "\u0421\u0430ll us", "canlyniad positif", "Appointment cancelled", "😀", "Ada\u2028Call us now",
)  # fmt: skip


def wording(part: Part, body: str) -> Wording:
    slot = Slot(planner="p", name="hello", part=part, language=Language.ENGLISH, recipient=Recipient.PATIENT, site="")
    return Wording(slot=slot, version=1, body=body)


def written(
    body: str, data: dict[str, Any], place: str = "Riverside", name: str = "Ada", channel: Any = "sms"
) -> tuple[str, str]:
    """What reaches the phone or the mailbox: the text, and all of it."""
    parts = [wording(part, body) for part in (Part.SMS, Part.EMAIL, Part.SUBJECT)]
    places = Places.of([Place(source="s", clinic="MSK", name=place, phone="01632 960001", sender=place)])
    reader = Reader(recipient=Recipient.PATIENT, first_name=name, language="en", now=MONDAY)
    rendered = Book(parts).render("p", "hello", channel, {"place": {"place": SITE}, **data}, reader, places, (SITE,))
    return rendered.text, f"{rendered.subject} {rendered.title} {rendered.text} {sms.sanitise(rendered.text)}"


@pytest.mark.parametrize("channel", ["sms", "email"])
@pytest.mark.parametrize("link", STRANGERS)
def test_no_value_brings_a_link(link: str, channel: Any) -> None:
    """Whatever top-level domain there is: in a place's name, in a clinic's text, in a name; the wording's own stays."""
    body = "{{ first_name }} {{ place.name }} {{ note }} nhs.uk/help"
    _, whole = written(body, {"note": f"see {link} today"}, f"Ward {link}", f"Ada {link}", channel)
    assert hosts(whole) == {"nhs.uk"}


@pytest.mark.parametrize(
    ("body", "data", "place"),
    [
        ("{{ note }}.support", {"note": "evil"}, "Riverside"),
        ("{{ note }}{{ place.name }}", {"note": "evil"}, ".support"),
        ("{{ note }}.{{ place.name }}", {"note": "evil"}, "support"),
        ("nhs.uk{{ note }}", {"note": ".evil.support"}, "Riverside"),
        ("https://nhs.uk{{ note }}/a", {"note": "@evil.support"}, "Riverside"),
        ("www.{{ note }}", {"note": "evil"}, "Riverside"),
        ("https://{{ note }}", {"note": "evil"}, "Riverside"),
        ("{{ note }}@{{ place.name }}", {"note": "evil"}, "Riverside"),
    ],
)
@pytest.mark.parametrize("channel", ["sms", "email"])
def test_no_two_values_make_a_link(body: str, data: dict[str, Any], place: str, channel: Any) -> None:
    """What is harmless by itself makes no link beside its neighbours: the whole is checked as it leaves."""
    _, whole = written(f"See {body} or nhs.uk", data, place, channel=channel)
    assert hosts(whole) <= {"nhs.uk"}


PIECES = st.text(alphabet="evilcomuk.·\uff0e｡@:/ \u200b\u00ad\u034f№ć\uff43suport", max_size=14)


@given(note=PIECES, place=PIECES.filter(lambda text: any(map(str.isalpha, text))), name=PIECES)
@example(note="evil", place=".com", name="co.uk")
def test_no_mixture_makes_a_link(note: str, place: str, name: str) -> None:
    """Whatever a clinic's system writes, nothing but the wording's own domain can be tapped on."""
    try:
        _, whole = written("{{ note }}{{ place.name }}{{ first_name }} nhs.uk", {"note": note}, place, name)
    except WordsError:
        return
    assert hosts(whole) <= {"nhs.uk"}


@pytest.mark.parametrize("name", SENTENCES)
def test_a_sentence_is_no_name(name: str) -> None:
    """Who writes a message into the field of a first name has nobody told it in our name."""
    assert name_of(name) == ""
    text, _ = written("{{ greeting }}, you have an appointment", {}, name=name)
    assert text == "Hello, you have an appointment"


@pytest.mark.parametrize(
    "name",
    [*NAMES, "Maria de los Ángeles", "Thị Mỹ", "Will Grace Hope", "Noor ul Ain", "Anne (Annie)", "My", "Do", "So Yeon"],
)
def test_names_stay_names(name: str) -> None:
    """People are called many things: none of these is taken for a sentence."""
    assert name_of(name) == name
