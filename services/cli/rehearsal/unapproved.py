"""Places of a rehearsal that nobody has approved a public name for. Pure."""

from collections.abc import Iterable, Mapping

from shared.clinic.places import Place


def placeholder(key: str) -> Place:
    """What stands for such a place."""
    source, _, clinic = key.partition("#")
    return Place(source, clinic, f"[clinic {clinic or '(none named)'}]", "[telephone]", "[sender]")


def unmapped(registry: Mapping[str, Place], places: Iterable[str]) -> list[str]:
    """Those of these places that are not in the registry, by their keys."""
    return sorted({place for place in places if place not in registry})
