"""Decides whose word counts about a patient, where a message concerns the things of some sources.

A source speaks for its own things and its own record of a patient, and so do all sources of its organisation. Others
may hold (a pause, an opt-out, a death where they may speak of one); they never give an address or a name.
"""

from collections.abc import Collection, Iterable
from datetime import date
from enum import Enum, auto
from typing import Any

from shared.clinic.patient import Contact, Details
from shared.patients.identity import NHS
from shared.patients.person import Voice, address_of, present, with_care
from shared.patients.sources import Grant, Sources
from shared.patients.traits import Traits, traits

FROM_ANYBODY = frozenset({"language", "formats", "birth_date"})
"""What others fill in where the organisation leaves it open: it says how to write to a patient, never whither."""


class Death(Enum):
    """What is believed of a patient's death for the things of one organisation."""

    NOT_TOLD = auto()
    BELIEVED = auto()
    CONTESTED = auto()
    """One that may say so says that they have died, the organisation itself that they have not."""


def details_for(voices: Iterable[Voice], sources: Collection[str], registry: Sources, region: str) -> Details:
    """A patient's details for a message about things of these sources; of unknown sources: as everybody says."""
    said = list(voices)
    everybody = present(said)
    organisations = registry.organisations(sources)
    if not organisations:
        return everybody.model_copy(update={"contacts": with_care(everybody.contacts, said, region)})
    each = [present(_own(said, one, registry)) for one in sorted(organisations)]
    known: dict[str, Any] = {name: getattr(each[0], name) for name in Details.model_fields}
    known |= {name: getattr(everybody, name) for name in FROM_ANYBODY if known[name] is None}
    known |= {
        "paused": everybody.paused,
        "opt_outs": everybody.opt_outs,
        "contacts": with_care(_given_by_all(each, region), said, region),
    }
    known["deceased"] = death_for(said, sources, registry) is Death.BELIEVED
    return Details.model_construct(None, **known)


def death_for(voices: Iterable[Voice], sources: Collection[str], registry: Sources) -> Death:
    """What is believed of a death where a message concerns things of these sources.

    Their own organisations are believed, and the NHS, about a number; others where they may speak of deaths.
    """
    said = _on_death(voices)
    own = _speaking_for(said, registry.organisations(sources), registry)
    if _say_dead(own) or _say_dead([voice for voice in said if voice.source == NHS]):
        return Death.BELIEVED
    if _say_dead([voice for voice in said if registry.may(voice.source, Grant.DEATHS)]):
        return Death.CONTESTED if own else Death.BELIEVED
    return Death.NOT_TOLD


def _on_death(voices: Iterable[Voice]) -> list[Voice]:
    """The voices that say anything of a death."""
    return [voice for voice in voices if voice.details.deceased is not None]


def _speaking_for(said: Iterable[Voice], organisations: Collection[str], registry: Sources) -> list[Voice]:
    """The voices of these organisations; where nobody knows whose the things are, all of them."""
    return [one for one in said if not organisations or registry.organisation(one.source) in organisations]


def _say_dead(voices: Iterable[Voice]) -> bool:
    return any(voice.details.deceased for voice in voices)


def traits_for(
    voices: Iterable[Voice], sources: Collection[str], registry: Sources, today: date, region: str
) -> Traits:
    """What rules may know of a patient whom these sources know; that nobody is there any more only where all say so.

    Rules see things of every source at once; what one organisation alone believes is decided message by message.
    """
    said = list(voices)
    known = traits(present(said), today)
    by_organisation: dict[str, list[str]] = {}
    for source in sources:
        for organisation in registry.organisations([source]):
            by_organisation.setdefault(organisation, []).append(source)
    if not by_organisation:
        return known
    each = [traits(details_for(said, those, registry, region), today) for those in by_organisation.values()]
    return Traits(
        has_died=all(one.has_died for one in each),
        is_test=all(one.is_test for one in each),
        birth_date=known.birth_date,
        needs_interpreter=any(one.needs_interpreter for one in each),
    )


def by_source(voices: Iterable[Voice]) -> dict[str, Details]:
    """What each source says of a patient, its own record and what came with its things together."""
    said: dict[str, list[Voice]] = {}
    for voice in voices:
        said.setdefault(voice.source, []).append(voice)
    return {source: present(those) for source, those in said.items()}


def as_record(voices: Iterable[Voice]) -> Details:
    """What one source says of one of its patients; whether the number was verified, by its own record alone."""
    said = list(voices)
    status = next((v.details.nhs_number_status for v in said if not v.embedded), None)
    return present(said).model_copy(update={"nhs_number_status": status, "deceased": _explicitly(said)})


def _explicitly(voices: Iterable[Voice]) -> bool | None:
    """Whether they have died, as far as anybody says so or says that they live."""
    said = [voice.details.deceased for voice in voices if voice.details.deceased is not None]
    return any(said) if said else None


def _own(voices: Iterable[Voice], organisation: str, registry: Sources) -> list[Voice]:
    return [voice for voice in voices if voice.source != NHS and registry.organisation(voice.source) == organisation]


def _given_by_all(each: Collection[Details], region: str) -> tuple[Contact, ...] | None:
    """The contacts that every organisation gave whose things a message concerns."""
    first, *others = each
    if not others or first.contacts is None:
        return first.contacts
    given = [{address_of(contact, region) for contact in one.contacts or ()} for one in others]
    return tuple(one for one in first.contacts if all(address_of(one, region) in those for those in given))
