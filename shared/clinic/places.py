"""The registry of places: a clinic's code → the public name, address and phone number that patients may be sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from zoneinfo import ZoneInfo

from shared.calendar.zones import parse_zone
from shared.platform.clock import Connection

LANGUAGES = ("en", "cy", "both")
"""The language in which a site writes to patients of unknown preference; `both` is Welsh first, then English."""

MISSED = ("tell", "release", "never")
"""Whether a site sends "we missed you": always (`tell`), after a person released each (`release`), or never."""

ALL = """
SELECT source, clinic, name, phone, sender, address, zone, site, language, staffed, name_cy, sender_cy, address_cy,
    missed, later_rounds
FROM places.places ORDER BY source, clinic
"""

IMPORT = """
INSERT INTO places.places
    (source, clinic, name, phone, sender, address, zone, site, language, staffed, name_cy, sender_cy, address_cy,
    missed, later_rounds)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::boolean[], $11::text[], $12::text[], $13::text[], $14::text[], $15::boolean[])
ON CONFLICT (source, clinic) DO UPDATE SET name = excluded.name, phone = excluded.phone, sender = excluded.sender,
    address = excluded.address, zone = excluded.zone, site = excluded.site, language = excluded.language,
    staffed = excluded.staffed, name_cy = excluded.name_cy, sender_cy = excluded.sender_cy,
    address_cy = excluded.address_cy, missed = excluded.missed, later_rounds = excluded.later_rounds
"""

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

    @property
    def key(self) -> str:
        """The key of this place; see `place_key`."""
        return place_key(self.source, self.clinic)


FIELDS = tuple(one.name for one in fields(Place))
"""The registry's columns, in the order of `IMPORT`."""


@dataclass(frozen=True, slots=True)
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


async def load(connection: Connection) -> Places:
    """Load the whole registry: some hundreds of rows."""
    return Places.of([Place(**dict(row)) for row in await connection.fetch(ALL)])


async def store(connection: Connection, places: Iterable[Place]) -> None:
    """Insert places, or update those that are registered already."""
    rows = [tuple(getattr(place, name) for name in FIELDS) for place in map(_sited, places)]
    await connection.execute(IMPORT, *(list(column) for column in zip(*rows, strict=True)))


async def is_site(connection: Connection, site: str) -> bool:
    """Whether any place is of this site, named `{source}#{site}`."""
    return bool(await connection.fetchval(IS_SITE, site))


def _sited(place: Place) -> Place:
    return place if place.site else replace(place, site=place.clinic)
