"""Places of a rehearsal without an approved public name."""

from collections.abc import Iterable, Mapping

from shared.clinic.places import Place


def placeholder(key: str) -> Place:
    """A place with bracketed stand-ins for its public name, telephone number and sender."""
    source, _, clinic = key.partition("#")
    return Place(
        source=source,
        clinic=clinic,
        name=f"[clinic {clinic or '(none named)'}]",
        phone="[telephone]",
        sender="[sender]",
    )


def unmapped(registry: Mapping[str, Place], places: Iterable[str]) -> list[str]:
    """The keys of those places that are not in the registry, sorted."""
    return sorted({place for place in places if place not in registry})
