"""A FHIR Patient as our patient: who they are and how they wish to be reached. Pure."""

from collections.abc import Mapping
from typing import Any

from shared.fhir_elements import Said, codes, ended, nhs, records, word

# R4 NameUse: by what a person is to be called. Old and maiden names hurt; nickname, anonymous and temp ("Baby",
# "Unknown Male 3") are not for letters.
_NAMES = {"usual": 0, "official": 1, None: 2}

_LANGUAGES = ("en", "cy")

_MOBILE = "mobile"
_TIES: dict[str | None, int] = {_MOBILE: 0, "work": 2}  # among equals: mobiles first, and what colleagues may read last
_MOST_CONTACTS = 20  # `shared.clinic.Details.contacts`

_CHANNELS = {"phone": "sms", "sms": "sms", "email": "email"}


def patient(resource: Mapping[str, Any]) -> Said:
    """The patient, from a Patient resource of R4 or STU3.

    Only what a patient is called and how to reach them: birth date, address, gender and practitioner stay behind.
    """
    notes: list[str] = []
    data: dict[str, Any] = {}
    identifiers = records(resource.get("identifier"))
    if number := nhs(identifiers, notes):
        data["nhs_number"] = number
    if (deceased := _deceased(resource, notes)) is not None:
        data["deceased"] = deceased
    if any(link.get("type") == "replaced-by" for link in records(resource.get("link"))):
        # The retired one of two records for one person: its number must not be used, nor may it pause the other.
        notes.append("this record was replaced by another: its name, language and contacts are not used")
        return Said(data, tuple(notes))
    if resource.get("active") is False:
        # "Not in active use": moved away, entered by mistake, or too long unseen to trust its number. Who still has an
        # appointment is seen as paused, and a person looks first.
        data["paused"] = True
        notes.append("the record is not active: the patient is paused")
    if first_name := _first_name(resource):
        data["first_name"] = first_name
    if language := _language(resource, notes):
        data["language"] = language
    if isinstance(resource.get("telecom"), list):
        data["contacts"] = _contacts(records(resource["telecom"]), notes)
    if records(resource.get("contact")):
        # Whether a relative may read of an appointment is the patient's to say, and FHIR has no word for it.
        notes.append("next of kin are left out: they are not the patient")
    return Said(data, tuple(dict.fromkeys(notes)))


def _deceased(resource: Mapping[str, Any], notes: list[str]) -> bool | None:
    """Whether the patient has died; any date of death, however written, says so."""
    said = resource.get("deceasedBoolean")
    if word(resource.get("deceasedDateTime")) or said in (True, "true"):
        return True
    if said is not None and said is not False:
        notes.append("deceasedBoolean is neither true nor false: not used")
    return False if said is False else None


def _first_name(resource: Mapping[str, Any]) -> str | None:
    names = [n for n in records(resource.get("name")) if _use(n) in _NAMES and not ended(n)]
    for name in sorted(names, key=lambda n: _NAMES[_use(n)]):
        given = name.get("given")
        for first in given if isinstance(given, list) else [given]:
            if found := word(first):
                return found
    return None


def _language(resource: Mapping[str, Any], notes: list[str]) -> str | None:
    """The preferred language, or the only one named."""
    spoken = records(resource.get("communication"))
    preferred = [c for c in spoken if c.get("preferred") is True]
    if not preferred and len(spoken) == 1 and spoken[0].get("preferred") is None:
        preferred = spoken
    named = {code.replace("_", "-").split("-")[0].lower() for c in preferred for code in codes(c.get("language"))}
    ours = [language for language in _LANGUAGES if language in named]
    if named and not ours:
        notes.append("the preferred language is none that messages are written in")
    return "both" if len(ours) > 1 else next(iter(ours), None)


def _contacts(telecom: list[dict[str, Any]], notes: list[str]) -> list[dict[str, str]]:
    """The contacts in the order of `rank`; home and work numbers after all others.

    Those two may be landlines, which `shared.phone` refuses, or may lie where others read along; and a rank given to
    one is a wish about calls.
    """
    usable = [contact for contact in telecom if _is_usable(contact, notes)]
    ordered = sorted(usable, key=lambda c: (_is_household(c), _rank(c), _tie(c)))
    distinct = list(dict.fromkeys((_CHANNELS[_system(c)], _value(c)) for c in ordered))
    if len(distinct) > _MOST_CONTACTS:
        notes.append(f"more than {_MOST_CONTACTS} contacts: the others are left out")
    return [{"channel": channel, "value": value} for channel, value in distinct[:_MOST_CONTACTS]]


def _is_usable(contact: dict[str, Any], notes: list[str]) -> bool:
    """Whether this is a present way to write to the patient; a fax, pager or web address is none."""
    system = _system(contact)
    if contact.get("value") is None:
        return False
    if not system:
        notes.append("a contact that doesn't say whether it is a phone or an e-mail address is left out")
    elif system not in _CHANNELS:
        return False
    elif _use(contact) == "old":
        notes.append(f"{system} use 'old' left out")
    elif ended(contact):
        notes.append(f"{system} with an end date left out")
    elif not _value(contact):
        notes.append(f"{system} that is not one line of text left out")
    else:
        return True
    return False


def _is_household(contact: Mapping[str, Any]) -> bool:
    return _system(contact) == "phone" and _use(contact) in {"home", "work"}


def _tie(contact: Mapping[str, Any]) -> int:
    return _TIES.get(_MOBILE if _system(contact) == "sms" else _use(contact), 1)


def _system(contact: Mapping[str, Any]) -> str:
    return word(contact.get("system")) or ""


def _value(contact: Mapping[str, Any]) -> str:
    text = word(contact.get("value")) or ""
    return text.removeprefix("mailto:").strip() if _system(contact) == "email" else text


def _rank(contact: Mapping[str, Any]) -> float:
    """R4 positiveInt, 1 first; none at all ranks last."""
    rank = contact.get("rank")
    return rank if isinstance(rank, int) and not isinstance(rank, bool) and rank > 0 else float("inf")


def _use(element: Mapping[str, Any]) -> str | None:
    """The `use`; one of a strange shape is one that nothing knows."""
    use = element.get("use")
    return None if use is None else word(use) or "?"
