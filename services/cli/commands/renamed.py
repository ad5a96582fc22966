"""Places whose names or addresses an import would change: an operator says whether they moved, or are spelt anew."""

from collections.abc import Iterable, Mapping

from shared.clinic.places import Place


def changed_names(known: Mapping[str, Place], found: Iterable[Place]) -> dict[str, str]:
    """Registered places whose name or address would be another, by key, with what changes."""
    changed = {}
    for place in found:
        before = known.get(place.key)
        if before is not None and (before.name, before.address) != (place.name, place.address):
            what = [
                (old, new) for old, new in ((before.name, place.name), (before.address, place.address)) if old != new
            ]
            changed[place.key] = "; ".join(f"{old!r} becomes {new!r}" for old, new in what)
    return changed


def what_it_means(changed: Mapping[str, str]) -> str:
    """The question that an operator must answer before names or addresses change."""
    listed = "\n".join(f"  {key}: {what}" for key, what in sorted(changed.items()))
    return (
        f"Names or addresses that patients know would change:\n{listed}\n"
        "Nothing was imported. Say --spelling where they are only written otherwise (nobody is told), "
        "or --moved where patients go elsewhere now (whoever was sent there is told)."
    )
