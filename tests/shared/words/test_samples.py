"""Samples: awkward readers, and data for every branch of a form."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from itertools import product

import pytest

from shared.clinic.places import place_key
from shared.words import sms
from shared.words.day_times import day
from shared.words.filling import LONGEST, LONGEST_NAME, filling, name_of
from shared.words.forms import Choice, Field, Form, misfits
from shared.words.sample_readers import READERS, SOURCE, on_the_day, stays_plain
from shared.words.samples import LONGEST_ENGLISH, LONGEST_WELSH, LOOKS, MOST_BRANCHES, ORDINARY, PLACES, keys, values
from shared.words.wording import Language, Recipient

MODES = Choice(("in-person", "telephone", "video"))
EVERYTHING = Form(
    name="everything",
    category="appointments",
    fields={
        "start": Field.INSTANT,
        "end": Field.INSTANT,
        "old": Field.INSTANT,
        "mode": MODES,
        "by_patient": Field.FLAG,
        "place": Field.PLACE,
        "count": Field.TEXT,
        "note": Field.TEXT,
        "visits": Field.VISITS,
    },
)


def test_readers_are_awkward() -> None:
    """There are twenty or more, of all recipients that care, languages and alphabets; and each shows harmlessly."""
    assert len(READERS) >= 20
    assert {reader.language for reader in READERS.values()} == {None, "en", "cy", "both"}
    assert {reader.recipient for reader in READERS.values()} == {Recipient.PATIENT, Recipient.CARER}
    shown = {label: name_of(reader.first_name) for label, reader in READERS.items()}
    assert {label for label, name in shown.items() if not name} >= {"no name", "digits", "a link", "a template"}
    assert len(shown["the longest name"]) == LONGEST_NAME
    assert all(name.isprintable() for name in shown.values())
    plain = {label: stays_plain(reader) for label, reader in READERS.items()}
    assert {label for label, is_plain in plain.items() if not is_plain} == {
        "Welsh letters", "Arabic", "Chinese", "Cyrillic",
    }  # fmt: skip


def test_every_branch_is_taken_in_every_look() -> None:
    """Each code, each flag, each pair of instants equal and not, two visits and three, in each look once."""
    seen = [
        (d["mode"], d["by_patient"], d["start"] == d["end"], d["start"] == d["old"], len(d["visits"]))
        for _, d in values(EVERYTHING)
    ]
    every = product(MODES.of, (True, False), (True, False), (True, False), (2, 3))
    assert Counter(seen) == dict.fromkeys(every, len(LOOKS))


def test_samples_fit_their_form() -> None:
    """Samples are what a plan may bring, are labelled each by its own label, and count their visits."""
    labels = []
    for label, data in values(EVERYTHING):
        labels.append(label)
        assert misfits(EVERYTHING, data) == ()
        assert data["count"] == str(len(data["visits"]))
        assert {visit["mode"] for visit in data["visits"]} <= set(MODES.of)
        assert keys(data)[0] == data["place"]["place"]
        assert set(keys(data)) <= PLACES.known.keys()
        assert len(keys(data)) == 2
    assert len(set(labels)) == len(labels)


def test_a_clinicians_day_has_every_case() -> None:
    """One appointment or seven, two of them at once; of some nobody knows what was said; each wish is there once."""
    form = Form(
        name="card", category="cards", fields={"place": Field.PLACE, "count": Field.TEXT, "visits": Field.AGENDAS}
    )
    found = [data for _, data in values(form, (ORDINARY,))]
    assert [data["count"] for data in found] == ["1", "7"]
    assert all(misfits(form, data) == () for data in found)
    assert keys(found[1]) == (found[1]["place"]["place"],)
    clinician = replace(READERS["a short name"], recipient=Recipient.CLINICIAN)
    day_of = filling(found[1], clinician, PLACES, Language.ENGLISH)["visits"]
    assert day_of[-1]["start"] == day_of[-2]["start"]
    assert {} in [visit["said"] for visit in day_of]
    assert {visit["said"].get("wish") for visit in day_of} == {None, "1", "2", "3"}


def test_samples_are_the_same_every_time() -> None:
    """Nothing is drawn at random, so a finding comes back."""
    assert list(values(EVERYTHING)) == list(values(EVERYTHING))


def test_a_form_with_many_branches_is_still_quick() -> None:
    """Where every combination would be too many, every pair is tried."""
    form = Form(name="many", category="appointments", fields={f"f{number:02}": Field.FLAG for number in range(12)})
    found = [data for _, data in values(form, (ORDINARY,))]
    assert len(found) <= MOST_BRANCHES + 10
    for one, other, a, b in product(form.fields, form.fields, (True, False), (True, False)):
        assert one == other or any(data[one] is a and data[other] is b for data in found)


def test_a_form_without_branches_has_a_sample_a_look() -> None:
    """Nothing to vary still gives something to look at."""
    assert [data for _, data in values(Form(name="thanks", category="answers"))] == [{}] * len(LOOKS)


@pytest.mark.parametrize(
    ("look", "language"),
    [
        pytest.param(LONGEST_ENGLISH, Language.ENGLISH, id="English"),
        pytest.param(LONGEST_WELSH, Language.WELSH, id="Welsh"),
    ],
)
def test_the_longest_day_is_the_longest(look: object, language: Language) -> None:
    """No day of a leap year has a longer name."""
    assert look in LOOKS
    start = LONGEST_ENGLISH.start if look is LONGEST_ENGLISH else LONGEST_WELSH.start
    names = [day(datetime(year, month, 30), language) for year in range(2024, 2031) for month in (*range(3, 13), 1)]  # noqa: DTZ001 - a day's name
    assert len(day(start, language)) == max(map(len, names))


def test_places_are_as_long_as_they_come() -> None:
    """What the lint tries is as long as the registry takes, is shown whole, and stays in GSM-7."""
    long = PLACES.known[LONGEST_ENGLISH.clinics[0].join(("sample#", ""))]
    for part in ("name", "sender", "name_cy", "sender_cy"):
        text = getattr(long, part)
        assert len(text) == LONGEST[part.removesuffix("_cy")]
        assert sms.count(sms.sanitise(text)).encoding is sms.Encoding.GSM7
    for clinic in LONGEST_ENGLISH.clinics:
        place = PLACES.known[place_key(SOURCE, clinic)]
        assert (len(place.name), len(place.phone)) == (LONGEST["name"], LONGEST["phone"])
    assert all(place.phone.replace(" ", "").startswith("01632960") for place in PLACES.known.values())


def test_the_day_itself_is_longer() -> None:
    """A reader on the day is told that it is today."""
    data = next(data for _, data in values(EVERYTHING))
    reader = on_the_day(READERS["a short name"], data)
    filled = filling(data, reader, PLACES, Language.ENGLISH)
    assert filled["start"].date() == filled["now"].date()
    assert on_the_day(reader, {}) is reader
