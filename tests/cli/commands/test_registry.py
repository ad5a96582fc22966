"""What `cocreate places import` reads, and what it refuses."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.cli.commands.registry import FIELDS, PUBLIC, QUESTIONS, costly, read_places, table_of, too_long
from services.cli.terminal import CommandRefused
from shared.clinic import places
from shared.clinic.places import MISSED, Place
from shared.words.filling import SHOWN
from shared.words.samples import PLACES
from tests.cli.conftest import Desk

PLAIN = {"source": "s", "clinic": "MSK", "name": "Riverside", "phone": "020 7946 0101", "sender": "Riverside Hospital"}


def read(path: Path, *rows: dict[str, str]) -> list[Place]:
    """The places of a CSV with these rows."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    cells = [",".join(f'"{row.get(name, "")}"' for name in columns) for row in rows]
    path.write_text("\n".join([",".join(columns), *cells]), "utf-8")
    return list(read_places(path))


def test_old_files_are_still_read(tmp_path: Path) -> None:
    """Without the optional columns a place is English, in London, and nobody reads texts there.

    Whoever was missed is told, and is asked about a goal once.
    """
    (place,) = read(tmp_path / "p.csv", PLAIN)
    assert place == Place(
        source="s", clinic="MSK", name="Riverside", phone="020 7946 0101", sender="Riverside Hospital"
    )
    assert (place.missed, place.later_rounds) == ("tell", False)


def test_every_column_is_read(tmp_path: Path) -> None:
    """Each column reaches its field."""
    row = PLAIN | {
        "address": "1 River Street", "zone": "Europe/Dublin", "site": "MAIN", "language": "both", "staffed": "yes",
        "name_cy": "Glan yr Afon", "sender_cy": "Ysbyty Glan yr Afon", "address_cy": "1 Stryd yr Afon",
        "missed": "release", "later_rounds": "yes",
    }  # fmt: skip
    (place,) = read(tmp_path / "p.csv", row)
    assert {name: getattr(place, name) for name in places.FIELDS} == row | {"staffed": True, "later_rounds": True}


@pytest.mark.parametrize(
    ("told", "answer"),
    [("", False), ("no", False), ("FALSE", False), ("yes", True), ("Yes", True), ("TRUE", True)],
)
@pytest.mark.parametrize("column", QUESTIONS)
def test_yes_or_no(column: str, told: str, answer: bool, tmp_path: Path) -> None:
    """Yes or no, as people and spreadsheets write them; nothing is no."""
    (place,) = read(tmp_path / "p.csv", PLAIN | {column: told})
    assert getattr(place, column) is answer


@pytest.mark.parametrize(("told", "missed"), [("", "tell"), *((choice, choice) for choice in MISSED)])
def test_missed(told: str, missed: str, tmp_path: Path) -> None:
    """Whether patients are told that they were missed; nothing is that they are."""
    (place,) = read(tmp_path / "p.csv", PLAIN | {"missed": told})
    assert place.missed == missed


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        pytest.param({"language": "Welsh"}, "language is 'Welsh'; write one of en, cy, both", id="language"),
        pytest.param({"language": "EN"}, "language is 'EN'", id="language, case"),
        pytest.param({"staffed": "sometimes"}, "staffed must be yes, where somebody reads", id="staffed"),
        pytest.param(
            {"later_rounds": "twice"}, "later_rounds must be yes, where patients are asked", id="later rounds"
        ),
        pytest.param({"missed": "maybe"}, "missed is 'maybe'; write one of tell, release, never", id="missed"),
        pytest.param({"zone": "Wales"}, "Unknown time zone", id="zone"),
        pytest.param({"name": ""}, "name must not be empty", id="no name"),
        pytest.param({"sender": "\u200b"}, "sender must not be empty", id="a sender that cannot be seen"),
        pytest.param({"name": "x" * 41}, "name has 41 characters, 40 at most. Write a shorter one", id="name"),
        pytest.param({"name_cy": "x" * 41}, "name_cy has 41 characters", id="Welsh name too long"),
        pytest.param({"sender": "x" * 41}, "sender has 41 characters", id="sender too long"),
        pytest.param({"phone": "+44 1632 960000"}, "13 at most. Write a shorter one, as it is dialled", id="phone"),
        pytest.param({"address_cy": "see www.example.org"}, "address_cy holds what phones make a link of", id="link"),
        pytest.param({"source": "s", "clinic": "MSK"}, "line 2 has this source and clinic already", id="twice"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(wrong: dict[str, str], reason: str, tmp_path: Path) -> None:
    """A wrong value stops the import and names file, line, column and cure."""
    first = PLAIN if "clinic" in wrong else PLAIN | {"clinic": "HILL"}
    with pytest.raises(CommandRefused) as refused:
        read(tmp_path / "p.csv", first, PLAIN | wrong)
    assert str(refused.value).startswith(f"{tmp_path / 'p.csv'}:3: ")
    assert reason in str(refused.value)


def test_columns_that_lack(tmp_path: Path) -> None:
    """Every column is named, so that the next file can be right."""
    with pytest.raises(CommandRefused, match="lacks the columns phone, sender") as refused:
        read(tmp_path / "p.csv", {"source": "s", "clinic": "MSK", "name": "Riverside"})
    assert all(name in str(refused.value) for name in FIELDS)


def test_what_patients_are_shown_is_held_to_a_length() -> None:
    """The public columns, in both languages."""
    assert set(PUBLIC) == {"name", "phone", "sender", "address", "name_cy", "sender_cy", "address_cy"}


def test_letters_that_cannot_be_seen_are_dropped(tmp_path: Path) -> None:
    """A no-break space and a zero-width one, as copied from a web page, do no harm."""
    (place,) = read(tmp_path / "p.csv", PLAIN | {"name": "Riverside\u00a0Health\u200b Centre"})
    assert place.name == "Riverside Health Centre"


def test_the_list_shows_what_is_used() -> None:
    """Every column that some place fills is shown, yes as a word; those that nobody fills are left out."""
    plain = Place(
        source="s",
        clinic="MSK",
        name="Riverside",
        phone="020 7946 0101",
        sender="Riverside Hospital",
        missed="never",
        later_rounds=True,
    )
    welsh = Place(
        source="s",
        clinic="BRYN",
        name="Hill",
        phone="020 7946 0102",
        sender="Hill",
        language="both",
        staffed=True,
        name_cy="Clinig y Bryn",
    )
    listed = table_of([plain, welsh])
    names = [column.name for column in listed.columns]
    shown = dict(zip(names, map(list, zip(*listed.rows, strict=True)), strict=True))
    assert shown["language"] == ["en", "both"]
    assert (shown["staffed"], shown["later_rounds"]) == (["", "yes"], ["yes", ""])
    assert shown["missed"] == ["never", ""]
    assert shown["name_cy"] == ["", "Clinig y Bryn"]
    assert set(places.FIELDS) - set(shown) == {"address", "site", "sender_cy", "address_cy"}


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        pytest.param("sender_cy", "Ysbyty'r Dŵr", 'holds ŵ, so .* 5 segments .* not 2. "Ysbyty\'r Dwr" would', id="ŵ"),
        pytest.param("name", "Ŷ Ŵy Ŵ", 'holds ŶŴ, so .* "Y Wy W" would not cost that', id="each letter once"),
        pytest.param("name", "Клініка", 'holds Клінка, so [^"]*$', id="a script that has no cheap letters"),
        pytest.param("sender", "Ysbyty Môn “Siân”", None, id="what becomes GSM-7"),
        pytest.param("address", "Tŷ Gwyn", None, id="an address stands in no text"),
    ],
)
def test_what_makes_texts_dear_is_told(column: str, value: str, told: str | None) -> None:
    """A public name with a letter that GSM-7 lacks is told with its price, and with what would be cheap."""
    plain = Place(source="s", clinic="MSK", name="Riverside", phone="020 7946 0101", sender="Riverside Hospital")
    changed: dict[str, Any] = {column: value}
    found = list(costly(replace(plain, **changed)))
    assert len(found) == (told is not None)
    assert all(one.startswith(f"s#MSK: {column} ") and re.search(told or "", one) for one in found)


def test_an_import_tells_what_is_dear(desk: Desk, tmp_path: Path) -> None:
    """It is told, and taken all the same."""
    read(tmp_path / "p.csv", PLAIN | {"name_cy": "Tŷ Gwyn"})
    shown = desk("places", "import", tmp_path / "p.csv")
    assert 's#MSK: name_cy "Tŷ Gwyn" holds ŷ' in shown
    assert "Taken into the registry: 1" in shown


def test_what_was_registered_at_greater_length_is_told() -> None:
    """What is longer than is taken now is named with what comes of it; what the lint tries is not."""
    assert not [told for place in PLACES.known.values() for told in too_long(place)]
    long = Place(source="s", clinic="MSK", name="x" * 41, phone="020 7946 0101 ext 12345", sender="Riverside Hospital")
    name, phone = too_long(long)
    assert "name has 41 characters, 40 are taken now, so patients see it cut" in name
    assert "phone has 23 characters, 13 are taken now, so texts with it may take a segment more" in phone
    assert len(long.phone) <= SHOWN["phone"]


def test_a_clinics_own_numbers_are_read(tmp_path: Path) -> None:
    """What a clinic wants otherwise comes as cells, and is shown again as it was written."""
    own = {
        "agenda_days": "14", "reminder_days": "7 1", "confirms": "yes", "series": "4", "weekly_most": "3",
        "opens": "09:00", "closes": "20:00", "weekdays": "Mon Tue Sat", "holidays": "none",
        "adult_from": "13", "joining": "email", "condition": "depression", "support_below": "5",
    }  # fmt: skip
    (place,) = read(tmp_path / "p.csv", PLAIN | own)
    assert {name: place.policy.cell(name) for name in own} == own
    assert place.policy.weekdays == frozenset({1, 2, 6})
    assert place.policy.reminder_days == (7, 1)


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"agenda_days": "-1"}, "agenda_days -1"),
        ({"reminder_days": "3 2 1"}, "reminder_days 3 2 1"),
        ({"reminder_days": "soon"}, "reminder_days soon"),
        ({"confirms": "perhaps"}, "write yes or no"),
        ({"series": "1"}, "write each, first, or a number from 2 to 19"),
        ({"opens": "20:00", "closes": "09:00"}, "opens lies before closes"),
        ({"opens": "09:00"}, "opens and closes belong together"),
        ({"weekdays": "Fri-Mon"}, "write days as Mon-Fri"),
        ({"weekdays": "Funday"}, "write days as Mon-Fri"),
        ({"holidays": "GB"}, "or none where the clinic opens on bank holidays"),
        ({"adult_from": "12"}, "adult_from 12"),
    ],
)
def test_a_wrong_number_says_which_and_how(cells: dict[str, str], told: str, tmp_path: Path) -> None:
    """The refusal names the line, the column and the cure."""
    with pytest.raises(CommandRefused, match=re.escape(told)):
        read(tmp_path / "p.csv", PLAIN | cells)


def test_an_import_asks_what_another_name_means(desk: Desk, tmp_path: Path) -> None:
    """A spelling mend tells nobody, a move tells whoever was sent there: without a word of which, nothing is taken."""
    file = tmp_path / "p.csv"

    def imported(name: str, *options: str, fails: bool = False) -> str:
        row = PLAIN | {"name": name}
        file.write_text(",".join(row) + "\n" + ",".join(row.values()), "utf-8")
        return desk("places", "import", file, *options, **({"code": 1} if fails else {}))

    def registered() -> tuple[str, int]:
        (place,) = desk.do(places.load).known.values()
        return place.name, place.moves

    imported("Riverside")
    imported("Riverside")
    told = imported("Riverside Centre", fails=True)
    assert "'Riverside' becomes 'Riverside Centre'" in told
    assert registered() == ("Riverside", 0)
    imported("Riverside Centre", "--spelling")
    assert registered() == ("Riverside Centre", 0)
    imported("Hill Clinic", "--moved")
    assert registered() == ("Hill Clinic", 1)
