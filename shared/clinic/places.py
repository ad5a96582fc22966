"""The registry of places: a clinic's code → the public name, address and phone number that patients may be sent."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from shared.calendar.zones import parse_zone
from shared.clinic.clinic_policy import NO_POLICY, ClinicPolicy
from shared.platform.clock import Connection

LANGUAGES = ("en", "cy", "both")
"""The language in which a site writes to patients of unknown preference; `both` is Welsh first, then English."""

MISSED = ("tell", "release", "never")
"""Whether a site sends "we missed you": always (`tell`), after a person released each (`release`), or never."""

IS_SITE = "SELECT EXISTS (SELECT FROM places.places WHERE source || '#' || site = $1)"


def place_key(source: str, clinic: str | None) -> str:
    """The key of a place in plans and in the registry: `{source}#{clinic}`; without a clinic the source's own entry."""
    return f"{source}#{clinic or ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place of the registry: its public details, approved by the organisation, never a feed's label.

    Attributes:
        name: the public name ("Riverside Health Centre").
        address: one line, for e-mail.
        phone: the number to call to change an appointment.
        sender: the organisation that messages name as their sender ("Riverside Hospital").
        zone: the IANA time zone of the place.
        site: codes of one site are one place; a move between them is only a changed room.
        language: the language for patients of unknown preference; one of `LANGUAGES`.
        staffed: whether staff there read what patients write in their own words.
        name_cy: the Welsh public name; empty where it is the same. So are `sender_cy` and `address_cy`.
        missed: whether patients are sent "we missed you" after a missed appointment there; one of `MISSED`.
        later_rounds: whether patients are asked about a goal again, six weeks and three months after it was set.
        policy: what the clinic wants otherwise than the house.
        moves: how often the place has moved: whoever was sent to it before is to hear of each.

    """

    source: str
    clinic: str
    name: str
    phone: str
    sender: str
    address: str = ""
    zone: str = "Europe/London"
    site: str = ""
    language: str = "en"
    staffed: bool = False
    name_cy: str = ""
    sender_cy: str = ""
    address_cy: str = ""
    missed: str = "tell"
    later_rounds: bool = False
    policy: ClinicPolicy = NO_POLICY
    moves: int = 0

    @property
    def key(self) -> str:
        """The key of this place; see `place_key`."""
        return place_key(self.source, self.clinic)


FIELDS = tuple(one.name for one in fields(Place) if one.name not in {"policy", "moves"})
"""The plain columns of the registry; beside them stand the clinic's policy and the count of moves."""

ALL = f"SELECT {', '.join(FIELDS)}, policy, moves FROM places.places ORDER BY source, clinic"  # noqa: S608 - our names

IMPORT = f"""
INSERT INTO places.places AS p ({", ".join(FIELDS)}, policy, moves)
SELECT {", ".join(FIELDS)}, policy, moved::int FROM jsonb_to_recordset($1) AS n(
    {", ".join(f"{name} {'boolean' if name in {'staffed', 'later_rounds'} else 'text'}" for name in FIELDS)},
    policy jsonb, moved boolean)
ON CONFLICT (source, clinic) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in FIELDS if name not in {"source", "clinic"})},
    policy = excluded.policy, moves = p.moves + excluded.moves
"""  # noqa: S608 - our names


@dataclass(frozen=True)
class Places:
    """The registry as it stood when a plan was made."""

    known: Mapping[str, Place] = field(default_factory=dict)

    @classmethod
    def of(cls, places: Iterable[Place]) -> "Places":
        """A registry of these places."""
        return cls({place.key: place for place in places})

    def get(self, key: str) -> Place | None:
        """The place with this key; None where it is not registered."""
        return self.known.get(key)

    def zone(self, key: str, otherwise: ZoneInfo) -> ZoneInfo:
        """The time zone of a place; `otherwise` where it is not registered."""
        place = self.known.get(key)
        return otherwise if place is None else parse_zone(place.zone)

    def site(self, key: str) -> str:
        """The site of a place, equal for all codes of one site; the key itself where the site is unknown."""
        place = self.known.get(key)
        return key if place is None or not place.site else f"{place.source}#{place.site}"

    def policy(self, key: str) -> ClinicPolicy:
        """What the clinic of a place wants otherwise than the house."""
        place = self.known.get(key)
        return NO_POLICY if place is None else place.policy

    def name(self, key: str) -> str:
        """The public name of a place; empty where it is not registered."""
        place = self.known.get(key)
        return "" if place is None else place.name

    def moves(self, key: str) -> int:
        """How often a place has moved."""
        place = self.known.get(key)
        return 0 if place is None else place.moves

    def where(self, key: str, moves: int | None = None) -> str:
        """Where a reader goes who was sent to this place: equal for all that reads the same.

        Codes of one site are one place, and so are places of one source with one name. A place that has moved since
        (`moves`: how often it had, then) is another one.
        """
        if moves is not None and moves != self.moves(key):
            return f"{key}~{moves}"
        return self._read_as.get(key, self.site(key))

    @cached_property
    def _read_as(self) -> Mapping[str, str]:
        """Each place → the first of all that read as the same place: by its site or by its name."""
        groups: dict[str, str] = {}  # a site or a name → where it leads

        def leads(one: str) -> str:
            while (further := groups.setdefault(one, one)) != one:
                one = further
            return one

        for key, place in sorted(self.known.items()):
            site, name = leads(self.site(key)), leads(f"{place.source}\n{place.name}")
            groups[max(site, name)] = min(site, name)
        return {key: leads(self.site(key)) for key in self.known}


async def load(connection: Connection) -> Places:
    """Load the whole registry: some hundreds of rows."""
    return Places.of([_place(dict(row)) for row in await connection.fetch(ALL)])


async def store(connection: Connection, places: Iterable[Place], moved: Collection[str] = ()) -> None:
    """Insert places, or update those that are registered already; `moved`: keys of those that are elsewhere now."""
    rows = [
        {name: getattr(place, name) for name in FIELDS}
        | {"policy": place.policy.model_dump(mode="json", exclude_none=True), "moved": place.key in moved}
        for place in map(_sited, places)
    ]
    await connection.execute(IMPORT, json.dumps(rows))


async def is_site(connection: Connection, site: str) -> bool:
    """Whether any place is of this site, named `{source}#{site}`."""
    return bool(await connection.fetchval(IS_SITE, site))


def _place(row: dict[str, Any]) -> Place:
    own = ClinicPolicy.model_validate_json(row["policy"])
    return Place(**{**row, "policy": NO_POLICY if own == NO_POLICY else own})


def _sited(place: Place) -> Place:
    return place if place.site else replace(place, site=place.clinic)
