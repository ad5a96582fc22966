"""Sample data for lint, tests and the gallery, with the worst cases; invented, and always the same."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations, product
from math import prod
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from shared.clinic.appointment import Mode
from shared.clinic.joining import LONGEST_LINK
from shared.clinic.places import Place, Places, place_key
from shared.words.forms import Choice, Field, Form
from shared.words.sample_readers import SOURCE

ZONE = ZoneInfo("Europe/London")


def _place(clinic: str, name: str, phone: str, sender: str, **more: Any) -> Place:
    return Place(source=SOURCE, clinic=clinic, name=name, phone=phone, sender=sender, staffed=True, **more)


PLAIN = _place("plain", "here", "01632 960000", "your team")
"""A place with the shortest values, so that only the wording itself counts."""

PLACES = Places.of(
    [
        PLAIN,
        _place("elm", "Elm Centre", "01632 960001", "Elm NHS", address="1 Elm Road, Elmton"),
        _place("ash", "Ash House", "01632 960002", "Elm NHS"),
        _place(
            "long",
            "Riverside and Hillside Community Centres",
            "01632 960 004",
            "Riverside and Hillside Health Care Trust",
            address="The Old Corn Exchange, 101 to 103 Great Riverside Street, Upper Riverside-on-the-Hill, RV10 4ZZ",
            name_cy="Canolfannau Cymuned Glan-yr-afon ac Ynys",
            sender_cy="Bwrdd Iechyd Prifysgol Glannau'r Afonydd",
            address_cy="Yr Hen Gyfnewidfa, 101 i 103 Stryd Fawr Glan-yr-afon, Glan-yr-afon Uchaf ar y Bryn, RV10 4ZZ",
        ),
        _place("long 2", "Saint Bartholomew Neighbourhood Building", "01632 960 005", "Saint Bartholomew Health Trust"),
        _place(
            "welsh",
            "White House Health Centre",
            "01632 960007",
            "White House",
            name_cy="Canolfan Iechyd Tŷ Gwyn",
            sender_cy="Ysbyty'r Dŵr",
        ),
    ]
)
"""The sample places. Those of `LONG` have the longest values that the registry takes; ŵ and ŷ cost most segments."""


@dataclass(frozen=True, slots=True)
class Look:
    """Values that samples of the same branches may have.

    Attributes:
        label: a name for people.
        start: the first instant, in the clinic's local time.
        clinics: the places of the first, second and third visit; a message's own place is the first.
        text: the value of text placeholders.
        link: the address by which a video visit is joined.

    """

    label: str
    start: datetime
    clinics: tuple[str, str, str]
    text: str = "some words"
    link: str = "https://video.example.nhs.uk/ab12cd"


LONG = ("long", "long 2", "long")
LONG_TEXT = "some rather longer words than usual"
LONG_LINK = f"https://video.example.nhs.uk/{'x' * (LONGEST_LINK - 29)}"
NOT_JOINED = "none"

ORDINARY = Look("ordinary", datetime(2026, 12, 1, 14, 30, tzinfo=ZONE), ("elm", "ash", "elm"))
LONGEST_ENGLISH = Look(
    "longest in English", datetime(2026, 9, 30, 10, 45, tzinfo=ZONE), LONG, "some rather longer words", LONG_LINK
)
LONGEST_WELSH = Look("longest in Welsh", datetime(2026, 7, 29, 12, tzinfo=ZONE), LONG, LONG_TEXT, LONG_LINK)
WELSH_LETTERS = Look("Welsh letters", datetime(2026, 8, 8, 8, 5, tzinfo=ZONE), ("welsh", "ash", "welsh"))
SIMPLE = Look("simple", datetime(2026, 5, 1, 9, tzinfo=ZONE), ("plain", "plain", "plain"), "some")
"""The shortest names of days and places, for the lint alone."""

LOOKS = (ORDINARY, LONGEST_ENGLISH, LONGEST_WELSH, WELSH_LETTERS)

MOST_BRANCHES = 256
"""The most branches of a form, as with eight flags. With more, each pair of options is tried, not each combination."""

VISITS = {
    "two": (Mode.IN_PERSON, Mode.TELEPHONE),
    "three": (Mode.IN_PERSON, Mode.VIDEO, Mode.TELEPHONE),
}
SERIES = {
    "alike": ((0, 1, 2, 3, 4), (0,), (Mode.IN_PERSON,)),
    "at other times": ((0, 1, 3), (0, 1, 2), (Mode.IN_PERSON,)),
    "mixed": ((0, 2, 3, 4), (0, 1), (Mode.IN_PERSON, Mode.TELEPHONE, Mode.IN_PERSON, Mode.VIDEO)),
}
"""Appointments of about a week: days after the first, hours after it, and modes, each in turn."""
OTHERS = {"none": (), "one": (Mode.IN_PERSON,), "two": (Mode.IN_PERSON, Mode.TELEPHONE)}
"""What still stands on the day of an appointment that does not."""
DAYS = {"one": (0,), "seven": (0, 30, 60, 90, 120, 150, 150)}
"""A clinician's day: minutes after which each appointment begins; two at once, as clinics book them."""
REUNIONS = ("nobody", "some", "many", "not known")
"""The attendance lists, see `HEARD`."""
OPTIONS: Mapping[Field | Choice, tuple[Any, ...]] = MappingProxyType(
    {
        Field.FLAG: (True, False),
        Field.VISITS: tuple(VISITS),
        Field.SERIES: tuple(SERIES),
        Field.OTHERS: tuple(OTHERS),
        Field.AGENDAS: tuple(DAYS),
        Field.ATTENDANCE: REUNIONS,
    }
)
"""The options of a field, by its kind."""
LATER = MappingProxyType({"end": timedelta(minutes=45)})
"""The distance of an instant from the first, by its placeholder."""
ANOTHER_DAY = timedelta(days=-7)  # its weekday has as long a name

Options = Mapping[str, Any]
"""The options of one branch, by field."""


def values(form: Form, looks: Sequence[Look] = LOOKS) -> Iterator[tuple[str, dict[str, Any]]]:
    """A label, and sample data, for every branch that a wording of this form can take, in each look.

    Choices take each code, flags are true and false, every further instant equals the first or differs, and visits are
    two and three, each of another mode, at two places with different numbers. A series is alike, at other times or
    mixed; what still stands is none, one or two. Only a video visit tells how to join it. A clinician's day has one
    appointment or seven; the attendance of a reunion is none, some, 300 parties, or unknown.
    """
    for look in looks:
        for options in _branches(form):
            label = "; ".join([look.label, *(f"{name} {option}" for name, option in options.items())])
            data = {name: _value(name, kind, look, options) for name, kind in form.fields.items()}
            yield label, data | _counts(data) | _link(look, options)


def keys(data: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys of the places in the data, the message's own first, as its plan would give them."""
    places = [value["place"] for value in data.values() if isinstance(value, dict) and "place" in value]
    visits = [visit for value in data.values() if isinstance(value, list) for visit in value if "place" in visit]
    return tuple(dict.fromkeys([*places, *(visit["place"]["place"] for visit in visits)]))


def _branches(form: Form) -> Iterator[Options]:
    first = _first_instant(form)
    options: dict[str, tuple[Any, ...]] = {}
    for name in sorted(form.fields):
        match form.fields[name]:
            case Choice() as choice:
                options[name] = choice.of
            case Field.INSTANT if name != first:
                options[name] = ("differs", "is the same")
            case kind if kind in OPTIONS:
                options[name] = OPTIONS[kind]
    yield from filter(_is_real, _combined(options))


def _is_real(options: Options) -> bool:
    """Whether a planner would ever say this: only a video visit is joined."""
    joins = options.get("join", NOT_JOINED) != NOT_JOINED
    return not joins or bool(options.get("mode", Mode.VIDEO) == Mode.VIDEO)


def _combined(options: Mapping[str, tuple[Any, ...]]) -> Iterator[Options]:
    if prod(map(len, options.values())) <= MOST_BRANCHES:
        yield from (dict(zip(options, chosen, strict=True)) for chosen in product(*options.values()))
        return
    usual = {name: of[0] for name, of in options.items()}
    found = [usual]
    for pair in combinations(options, 2):
        found += ({**usual, **dict(zip(pair, chosen, strict=True))} for chosen in product(*(options[n] for n in pair)))
    yield from {tuple(one.values()): one for one in found}.values()


def _first_instant(form: Form) -> str:
    instants = sorted(name for name, kind in form.fields.items() if kind is Field.INSTANT)
    return "start" if "start" in instants else next(iter(instants), "")


def _value(name: str, kind: Field | Choice, look: Look, options: Options) -> Any:
    chosen = options.get(name)
    match kind:
        case Choice() | Field.FLAG:
            return chosen
        case Field.INSTANT:
            away = LATER.get(name, ANOTHER_DAY) if chosen == "differs" else timedelta()
            return _instant(look.start + away)
        case _:
            return VALUES[kind](look, chosen)


def _counts(data: Mapping[str, Any]) -> dict[str, str]:
    """The number of visits, where the form has a `count`."""
    visits = next((value for value in data.values() if isinstance(value, list)), ())
    return {"count": str(len(visits))} if visits and "count" in data else {}


def _link(look: Look, options: Options) -> dict[str, Any]:
    """The link by which to join, where there is one."""
    return {"join_link": {"link": look.link}} if options.get("join") == "link" else {}


def _series(look: Look, days: Sequence[int], hours: Sequence[int], modes: Sequence[Mode]) -> list[dict[str, Any]]:
    places = look.clinics if len(modes) > 1 else look.clinics[:1]
    return [
        _visit(
            look.start + timedelta(days=day, hours=hours[number % len(hours)]),
            modes[number % len(modes)],
            places[number % len(places)],
        )
        for number, day in enumerate(days)
    ]


def _visit(start: datetime, mode: Mode, clinic: str) -> dict[str, Any]:
    return {"start": _instant(start), "end": _instant(start + LATER["end"]), "mode": mode.value, "place": _at(clinic)}


def _visits(start: datetime, modes: Sequence[Mode], clinics: Sequence[str]) -> list[dict[str, Any]]:
    starts = [start + timedelta(hours=hours) for hours in range(len(modes))]
    return [_visit(*one) for one in zip(starts, modes, clinics, strict=False)]  # there may be fewer visits


def _day(look: Look, minutes: Sequence[int]) -> list[dict[str, Any]]:
    modes = (Mode.IN_PERSON, Mode.TELEPHONE, Mode.VIDEO)
    starts = [look.start + timedelta(minutes=after) for after in minutes]
    return [
        {
            "start": _instant(start),
            "end": _instant(start + LATER["end"]),
            "mode": modes[number % len(modes)].value,
            "said": {"thing": f"{SOURCE}/appointment/{number + 1}"},
        }
        for number, start in enumerate(starts)
    ]


VALUES: Mapping[Field, Callable[[Look, Any], Any]] = MappingProxyType(
    {
        Field.TEXT: lambda look, _: look.text,
        Field.PLACE: lambda look, _: _at(look.clinics[0]),
        Field.LINK: lambda _, __: {"link": ""},
        Field.VISITS: lambda look, chosen: _visits(look.start, VISITS[chosen], look.clinics),
        Field.SERIES: lambda look, chosen: _series(look, *SERIES[chosen]),
        Field.OTHERS: lambda look, chosen: _visits(look.start, OTHERS[chosen], look.clinics[1:]),
        Field.AGENDAS: lambda look, chosen: _day(look, DAYS[chosen]),
        Field.ATTENDANCE: lambda _, chosen: {"thing": f"{SOURCE}/reunion/{chosen}"},
    }
)
"""A sample value of each kind, from a look and the option that was chosen."""


def _instant(at: datetime) -> dict[str, str]:
    return {"at": at.isoformat(), "zone": ZONE.key}


def _at(clinic: str) -> dict[str, str]:
    return {"place": place_key(SOURCE, clinic)}
