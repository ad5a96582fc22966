"""What fills words: who is addressed, in which language, and how values are cleaned."""

# ruff: noqa: RUF001 - look-alike letters are what is tested

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.clinic.places import Place, Places
from shared.words.filling import (
    LONGEST_ITEM,
    LONGEST_NAME,
    SHOWN,
    PatientRequest,
    Reader,
    clean,
    filling,
    languages,
    name_of,
    shortened,
)
from shared.words.forms import GENERAL_FIELDS, LONGEST_TEXT
from shared.words.links import has_link
from shared.words.wording import DoesNotFit, Language, Recipient

EN, CY = Language.ENGLISH, Language.WELSH
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
MSK = Place(
    source="s",
    clinic="MSK",
    name="Riverside Health Centre",
    phone="020 7946 0101",
    sender="Riverside Hospital",
    address="1 River Street",
)
HILL = Place(
    source="s",
    clinic="HILL",
    name="Hill Clinic",
    phone="020 7946 0102",
    sender="Hill Hospital",
    address="2 Hill Road",
    language="both",
    staffed=True,
    name_cy="Clinig y Bryn",
    sender_cy="Ysbyty'r Bryn",
    address_cy="2 Heol y Bryn",
)
PLACES = Places.of([MSK, HILL])
AT_MSK, AT_HILL, NOWHERE = {"place": "s#MSK"}, {"place": "s#HILL"}, {"place": "s#gone"}


def reader(first_name: str | None = "Ada", recipient: Recipient = Recipient.PATIENT, **more: Any) -> Reader:
    return Reader(recipient=recipient, first_name=first_name, language=None, now=NOW, **more)


def filled(data: dict[str, Any], who: Reader | None = None, language: Language = EN) -> dict[str, Any]:
    return filling(data, who or reader(), PLACES, language)


AWKWARD = [
    pytest.param("Ada", "Ada", id="a name"),
    pytest.param("  Mary  Ann ", "Mary Ann", id="spaces"),
    pytest.param("Mary\u00a0Ann", "Mary Ann", id="a no-break space"),
    pytest.param("Ada\r\nMary", "Ada Mary", id="lines become spaces"),
    pytest.param("Ada\r\nBcc: x", "", id="a header is no name"),
    pytest.param("A\u202ed\u2066a\u200f\u061c\x07\x00", "Ada", id="bidirectional, control, NUL"),
    pytest.param("Á\u200bine\u00ad", "Áine", id="zero width, soft hyphen"),
    pytest.param("A\ud800da\udfff", "Ada", id="unpaired surrogates"),
    pytest.param("Sia\u0302n", "Siân", id="Welsh, letters and accents apart"),
    pytest.param("Gwenllian-Tŷ", "Gwenllian-Tŷ", id="Welsh"),
    pytest.param("D'Arcy O’Neil", "D'Arcy O’Neil", id="apostrophes"),
    pytest.param("J.R.", "J.R.", id="initials"),
    pytest.param("فاطمة", "فاطمة", id="Arabic"),
    pytest.param("王小明", "王小明", id="Chinese"),
    pytest.param("Nguyễn Thị", "Nguyễn Thị", id="Vietnamese"),
    pytest.param("Nguye\u0302\u0303n", "Nguyễn", id="Vietnamese, apart"),
    pytest.param("สมชาย", "สมชาย", id="Thai, with marks"),
    pytest.param("Ada 😀", "", id="an emoji beside a name"),
    pytest.param("A" * LONGEST_NAME, "A" * LONGEST_NAME, id="as long as a name may be"),
    pytest.param("A" * 36, "", id="too long for a name"),
    pytest.param("A" * 300, "", id="300 characters"),
    pytest.param("A" + "\u0301" * 300, "", id="300 accents"),
    pytest.param(None, "", id="none known"),
    pytest.param("", "", id="empty"),
    pytest.param(" \t\u200b", "", id="nothing to see"),
    pytest.param("😀", "", id="an emoji alone"),
    pytest.param("-", "", id="a dash for none"),
    pytest.param("Call 07700 900123", "", id="a number to call"),
    pytest.param("Call ٠٧٧٠٠", "", id="a number in Arabic digits"),
    pytest.param("https://evil.example/x", "", id="a link"),
    pytest.param("www.evil", "", id="www"),
    pytest.param("Win at evil.com", "", id="a domain among words"),
    pytest.param("bit.ly/x", "", id="a shortener"),
    pytest.param("ada@example.org", "", id="an e-mail address"),
    pytest.param("evil\u200b.com", "", id="a domain, parted by nothing"),
    pytest.param("ｅｖｉｌ．ｃｏｍ", "", id="a domain in wide letters"),
    pytest.param("evil。com", "", id="a domain with a Chinese full stop"),
]


@pytest.mark.parametrize(("said", "shown"), AWKWARD)
def test_how_a_patient_is_addressed(said: str | None, shown: str) -> None:
    """By the first name where it is one; else `Hello` and `Helo`, which read well in the same place."""
    english, welsh = filled({}, reader(said)), filled({}, reader(said), CY)
    assert (english["first_name"], english["greeting"]) == (shown or "Hello", f"Dear {shown}" if shown else "Hello")
    assert (welsh["first_name"], welsh["greeting"]) == (shown or "Helo", f"Annwyl {shown}" if shown else "Helo")


@pytest.mark.parametrize(
    ("recipient", "said", "english", "welsh"),
    [
        pytest.param(Recipient.CARER, "Ada", "Ada", "Ada", id="carer"),
        pytest.param(
            Recipient.CARER, None, "The person you care for", "y person rydych yn gofalu amdano", id="carer, nameless"
        ),
        pytest.param(Recipient.CLINICIAN, "Ada", "Ada", "Ada", id="clinician"),
        pytest.param(Recipient.CLINICIAN, "", "The patient", "y claf", id="clinician, nameless"),
        pytest.param(Recipient.ORGANISER, "x" * 99, "The patient", "y claf", id="organiser, nameless"),
    ],
)
def test_others_are_not_greeted_by_the_patients_name(
    recipient: Recipient, said: str | None, english: str, welsh: str
) -> None:
    """Others read of the patient by name, or by words that fit where a name would, and are greeted without a name."""
    for language, name, hello in ((EN, english, "Hello"), (CY, welsh, "Helo")):
        values = filled({}, reader(said, recipient), language)
        assert (values["first_name"], values["greeting"]) == (name, hello)


SITES = {"unmapped": None, "en": MSK, "cy": replace(MSK, language="cy"), "both": HILL}


@pytest.mark.parametrize(
    ("preference", "site", "written"),
    [
        *(pytest.param("en", site, (EN,), id=f"en at {site}") for site in SITES),
        *(pytest.param("cy", site, (CY,), id=f"cy at {site}") for site in SITES),
        *(pytest.param("both", site, (CY, EN), id=f"both at {site}") for site in SITES),
        pytest.param(None, "unmapped", (EN,), id="nothing known"),
        pytest.param(None, "en", (EN,), id="unknown at en"),
        pytest.param(None, "cy", (CY,), id="unknown at cy"),
        pytest.param(None, "both", (CY, EN), id="unknown at both"),
        pytest.param("pl", "both", (CY, EN), id="a language that we do not write"),
        pytest.param("pl", "unmapped", (EN,), id="neither that nor a site"),
    ],
)
def test_languages(preference: str | None, site: str, written: tuple[Language, ...]) -> None:
    """The reader's preference, then the site's, then English; both is Welsh first."""
    assert languages(preference, SITES[site]) == written


def test_instants_and_places_are_filled_in_wherever_they_are() -> None:
    """Instants by the clinic's clock, places by their public names, in lists and dicts too."""
    start = {"at": "2026-07-01T08:00:00+00:00", "zone": "Europe/London"}
    values = filled({"start": start, "visits": [{"place": AT_MSK, "end": start}], "count": "1", "by_patient": True})
    assert f"{values['start']:%H:%M}" == f"{values['visits'][0]['end']:%H:%M}" == "09:00"
    assert values["visits"][0]["place"] == {
        "name": "Riverside Health Centre",
        "sender": "Riverside Hospital",
        "phone": "020 7946 0101",
        "address": "1 River Street",
    }
    assert (values["count"], values["by_patient"], values["now"]) == ("1", True, NOW)


@pytest.mark.parametrize(
    ("at", "zone"),
    [
        pytest.param("soon", "Europe/London", id="no instant"),
        pytest.param("2026-07-01T08:00:00", "Europe/London", id="no offset"),
        pytest.param("2026-07-01T08:00:00Z", "Ada/Lovelace", id="no zone"),
        pytest.param("0001-01-01T00:00:00Z", "America/New_York", id="before all calendars"),
    ],
)
def test_an_instant_that_cannot_be_read(at: str, zone: str) -> None:
    """It does not fit, and the error repeats nothing of the data."""
    with pytest.raises(DoesNotFit, match="RFC 3339") as refused:
        filled({"start": {"at": at, "zone": zone}})
    assert at not in str(refused.value)
    assert zone not in str(refused.value)


def test_places_have_welsh_names() -> None:
    """A Welsh reader sees Welsh public names where the registry has them; the number is one."""
    data = {"place": AT_HILL, "old_place": AT_MSK}
    welsh = filled(data, language=CY)
    assert welsh["place"] == {
        "name": "Clinig y Bryn",
        "sender": "Ysbyty'r Bryn",
        "phone": "020 7946 0102",
        "address": "2 Heol y Bryn",
    }
    assert welsh["old_place"]["name"] == "Riverside Health Centre"
    assert filled(data)["place"]["name"] == "Hill Clinic"


def test_an_unmapped_place_says_nothing() -> None:
    """Words that need a place which nobody registered cannot be filled; others can."""
    assert filled({"place": NOWHERE})["place"] == {}


@pytest.mark.parametrize(
    ("data", "can_answer", "can_write", "writes"),
    [
        pytest.param({"place": AT_HILL}, True, True, True, id="staffed"),
        pytest.param({"place": AT_MSK}, True, True, False, id="not staffed"),
        pytest.param({"place": NOWHERE}, True, True, False, id="unmapped"),
        pytest.param({}, True, True, False, id="no place at all"),
        pytest.param({"place": AT_HILL}, True, False, False, id="we take no free text"),
        pytest.param({"place": AT_HILL}, False, True, False, id="answers do not reach us"),
        pytest.param({"visits": [{"place": AT_HILL}, {"place": AT_HILL}]}, True, True, True, id="all of several"),
        pytest.param({"visits": [{"place": AT_HILL}, {"place": AT_MSK}]}, True, True, False, id="only the first"),
        pytest.param({"visits": [{"place": AT_MSK}, {"place": AT_HILL}]}, True, True, False, id="only the second"),
        pytest.param({"a": AT_HILL, "place": AT_MSK}, True, True, False, id="a place beside the message's own"),
    ],
)
def test_free_text_is_asked_for_where_somebody_reads_it(
    data: dict[str, Any], can_answer: bool, can_write: bool, writes: bool
) -> None:
    """`can_write` holds where we take free text, answers reach us, and every place it names is staffed."""
    values = filled(data, reader(can_answer=can_answer, can_write=can_write))
    assert (values["can_answer"], values["can_write"]) == (can_answer, writes)


def test_data_cannot_take_everybodys_names() -> None:
    """A plan's data replaces neither the reader's name nor the moment."""
    names = {*GENERAL_FIELDS, "now"}
    assert filled(dict.fromkeys(names, "x")) == filled({})
    assert set(filled({})) == names


def test_places_values_are_cleaned_and_capped() -> None:
    """Approved values too stay on one line, within what a text has room for, without links."""
    wild = Place(
        source="s",
        clinic="X",
        name="Riverside\n" * 20,
        phone="1" * 50,
        sender="see https://evil.example now",
        address="x\u202ey " * 90,
    )
    shown = filling({"place": {"place": "s#X"}}, reader(), Places.of([wild]), EN)["place"]
    assert shown["name"] == " ".join(["Riverside"] * 4)
    assert shown["phone"] == "1" * 40
    assert shown["sender"] == "see now"
    assert shown["address"] == " ".join(["xy"] * 40)


def test_a_filled_place_is_the_messages_own() -> None:
    """What one message does to its values, no other sees."""
    first = filled({"place": AT_MSK})["place"]
    first["name"] = "Elsewhere"
    assert filled({"place": AT_MSK})["place"]["name"] == "Riverside Health Centre"


@pytest.mark.parametrize(
    "text",
    [
        "http://x", "HTTPS://X", "ftp://x", "tel://1", "www.x", "WWW.X", "evil.com", "evil.co.uk", "nhs.uk", "x.cymru",
        "t.co/a", "a.b.museum/x", "evil.museum:80", "evil.museum?q", "a@b", "ada@example.org", "(evil.com)",
        "evil.com.", "evil\u00b7com", "evil.\u0107om", "evil\u00b7\u0107om", "evil.c\u034fom", "\u0142om.de",
        "ﬁx.com", "evil．com", "evil｡com", "evil。com/x", "hxxp://x", "é.fr",
    ],
)  # fmt: skip
def test_links_are_seen(text: str) -> None:
    """What phones make a link of, also in look-alike letters."""
    assert has_link(text)
    assert clean(f"Ada {text} Ada", LONGEST_TEXT) == "Ada Ada"


@pytest.mark.parametrize(
    "text",
    [
        "9.30am", "12.30pm", "10.30am/11.30am", "1 River St., Riverside", "St.John's", "Dr.Smith", "e.g. this",
        "9 a.m.", "and/or", "Ward 3/4", "A.B. Smith", "at home: ask", "3:15", "Level 2.", "wait...", "wait… no",
        "N.H.S.", "£9.50", "Mr.Hassan", "020 7946 0101", "C/O Ward", "24/7", "@ the desk",
    ],
)  # fmt: skip
def test_no_links_where_there_are_none(text: str) -> None:
    """Times, titles, initials and fractions are no links."""
    assert not has_link(text)
    assert clean(text, LONGEST_TEXT) == text


@pytest.mark.parametrize(
    ("text", "longest", "shown"),
    [
        pytest.param("one two three", 13, "one two three", id="just fits"),
        pytest.param("one two three", 12, "one two", id="ends at a word"),
        pytest.param("one two three", 7, "one two", id="the cut is between words"),
        pytest.param("onetwothree", 5, "onetw", id="one long word"),
        pytest.param("\x00\x1f\x7f\x85\u2028a", 5, "a", id="nothing but controls before it"),
        pytest.param("\ue000\U000e0041\ufeffa", 5, "a", id="private use, tags, byte order mark"),
    ],
)
def test_texts_are_capped_and_seen(text: str, longest: int, shown: str) -> None:
    """A cut text ends at a word, and half a number is no number."""
    assert clean(text, longest) == shown


def plain(text: str) -> bool:
    """One line of what can be seen, composed, in single spaces, that can be encoded, and with no link."""
    return (
        text.isprintable()
        and text == " ".join(text.split())
        and text == unicodedata.normalize("NFC", text)
        and text.encode().decode() == text
        and not has_link(text)
    )


ODD = st.text(st.sampled_from("ab. \n/:@\u0301\u0338\u200b\u202e\ud800\u3002．Ａ㏂ﬁ٣-wcom"), max_size=60)
ANYTHING = st.one_of(ODD, st.text(st.characters(), max_size=300))


@given(ANYTHING, st.integers(1, 250))
@example("\u0958" * 20, 20)
@example("a\u202e.\u200bco m", 10)
def test_whatever_comes_is_clean(text: str, longest: int) -> None:
    """Any text comes out plain, capped, and the same when cleaned again."""
    once = clean(text, longest)
    assert plain(once)
    assert len(once) <= longest
    assert clean(once, longest) == once


@given(ANYTHING)
def test_whatever_comes_as_a_name_is_clean(text: str) -> None:
    """Any first name is shown plain and whole, or not at all; shown once more it is the same."""
    once = name_of(text)
    assert plain(once)
    assert len(once) <= LONGEST_NAME
    assert name_of(once) == once


@given(ANYTHING, ANYTHING, st.sampled_from(Recipient), st.sampled_from(Language))
def test_nothing_pushes_the_rest_out(name: str, text: str, recipient: Recipient, language: Language) -> None:
    """Whatever name, text and place come, each value stays within its cap, on one line."""
    place = Place(source="s", clinic="X", name=text, phone=text, sender=text, address=text, name_cy=text)
    data = {"place": {"place": "s#X"}, "words": text, "more": [{"words": text}]}
    values = filling(data, reader(name, recipient), Places.of([place]), language)
    assert all(plain(values["place"][key]) and len(values["place"][key]) <= SHOWN[key] for key in SHOWN)
    assert all(plain(values[key]) for key in ("first_name", "greeting", "words"))
    assert len(values["words"]) <= LONGEST_TEXT
    assert values["more"] == [{"words": values["words"]}]


def test_a_reader_hides_the_name() -> None:
    """A reader in a log or a traceback shows no name."""
    assert "Ada" not in repr(reader())


SAID = {"visits": [{"said": {"thing": "s/appointment/1"}}]}
HEARD = {"s/appointment/1": PatientRequest(("my back", "see https://example.org/x", "my back"), wish="2", confidence=3)}


def said(who: Reader) -> Any:
    return filled(SAID, who)["visits"][0]["said"]


def test_what_patients_said_is_filled_in_for_clinicians() -> None:
    """Each item once, without what a link is made of, and with word that there was more."""
    assert said(reader(recipient=Recipient.CLINICIAN, heard=HEARD)) == {
        "items": ["my back", "see"],
        "has_more": True,
        "wish": "2",
        "confidence": 3,
        "is_urgent": False,
    }


@pytest.mark.parametrize("recipient", [one for one in Recipient if one is not Recipient.CLINICIAN])
def test_nobody_else_reads_what_patients_said(recipient: Recipient) -> None:
    """Whatever comes with the reader, and whatever data names."""
    assert said(reader(recipient=recipient, heard=HEARD)) == {}


def test_what_is_not_known_is_not_nothing() -> None:
    """Where nobody can tell what was said, words see an empty value; where nothing was said, they see that."""
    assert said(reader(recipient=Recipient.CLINICIAN)) == {}
    quiet = said(reader(recipient=Recipient.CLINICIAN, heard={"s/appointment/1": PatientRequest()}))
    assert (quiet["items"], quiet["has_more"]) == ([], False)


@pytest.mark.parametrize(
    ("written", "shown", "has_more"),
    [
        pytest.param("bad chest pain.it keeps me up", "bad chest pain. it keeps me up", False, id="a forgotten space"),
        pytest.param("no pain.no sleep.me neither", "no pain. no sleep. me neither", False, id="three sentences"),
        pytest.param("take one tablet.Is it right?", "take one tablet. Is it right?", False, id="a capital"),
        pytest.param("evil.com", "evil. com", False, id="a domain is no link any more"),
        pytest.param("see evil.com/x now", "see now", True, id="a path is dropped, and said to be"),
        pytest.param("write to a@evil.com", "write to", True, id="so is an address"),
        pytest.param("www.evil.com", "", True, id="so is a host"),
        pytest.param("at 2.30pm, 7.5mg", "at 2.30pm, 7.5mg", False, id="numbers stay"),
    ],
)
def test_sentences_without_a_space_between_are_no_links(written: str, shown: str, *, has_more: bool) -> None:
    """People text so: nothing that a patient says of their health is lost for looking like a domain."""
    told = said(reader(recipient=Recipient.CLINICIAN, heard={"s/appointment/1": PatientRequest((written,))}))
    assert (" ".join(told["items"]), told["has_more"]) == (shown, has_more)
    assert not any(map(has_link, told["items"]))


def test_an_item_that_is_all_link_is_said_to_be_there() -> None:
    """Whoever wrote nothing but a link has not written nothing."""
    heard = {"s/appointment/1": PatientRequest(("https://example.org/x",))}
    assert said(reader(recipient=Recipient.CLINICIAN, heard=heard))["has_more"] is True


@given(st.text(max_size=600), st.integers(2, LONGEST_ITEM))
def test_what_is_cut_says_so(text: str, longest: int) -> None:
    """Half of what somebody wrote may mean the opposite: it ends with an ellipsis, and fits."""
    short = shortened(text, longest)
    assert len(short) <= longest
    assert short == clean(text, max(len(text), 1)) or short.endswith("…")
    assert not has_link(short)


def test_a_readers_repr_tells_no_words() -> None:
    """What patients said is in no log by accident."""
    assert "back" not in repr(reader(heard=HEARD))
    assert "back" not in repr(HEARD["s/appointment/1"])
