"""Reads a FHIR Patient as our own: name, language, needs and contacts."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.clinic.birth_date import birth_date
from shared.clinic.language import OTHER, language_of
from shared.clinic.placeholders import is_of_tests
from shared.formats.fhir.elements import ReadResource, codes, ended, nhs, nhs_status, record, records, word
from shared.formats.fhir.telecom import rank_of, system_of, use_of, value_of

# R4 NameUse: by what a person is to be called. Old and maiden names hurt; nickname, anonymous and temp ("Baby",
# "Unknown Male 3") are not for letters.
_NAMES = {"usual": 0, "official": 1, None: 2}

_LANGUAGES = ("en", "cy")

_MOBILE = "mobile"
_TIES: dict[str | None, int] = {_MOBILE: 0, "work": 2}  # among equals: mobiles first, and what colleagues may read last
_MOST_CONTACTS = 20  # `shared.clinic.patient.Details.contacts`

_CHANNELS = {"phone": "sms", "sms": "sms", "email": "email"}

_UK_CORE = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-"
_NHS_COMMUNICATION = _UK_CORE + "NHSCommunication"
_INTERPRETER = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"
_TEST_DATA = "HTEST"  # http://terminology.hl7.org/CodeSystem/v3-ActReason
_REMOVED = "U"  # CodeSystem UKCore-DeathNotificationStatus: 1 informal, 2 formal, U removed

# CodeSystem UKCore-PreferredWrittenCommunicationFormat: "where different from standard text".
_FORMATS = {"11": "large-print", "12": "braille", "13": "audio"}

# CodeSystem UKCore-PreferredContactMethod: textphone and sign language are needs. The others are wishes, of which
# e-mail and SMS say how a need can be met as well; letter, visit, telephone and none of it say nothing of reading.
_METHODS_NEEDED = {"5": "text-relay", "7": "bsl"}
_METHODS_THAT_DO = {"4": "email", "9": "text"}


def patient(resource: Mapping[str, Any]) -> ReadResource:
    """Read a Patient resource of R4 or STU3.

    Only identity, first name, birth date, language, needs and contacts: address, gender and practitioner are not read.
    """
    notes: list[str] = []
    data: dict[str, Any] = {}
    identifiers = records(resource.get("identifier"))
    if number := nhs(identifiers, notes):
        data["nhs_number"] = number
        data |= {"nhs_number_status": status} if (status := nhs_status(identifiers)) else {}
    if (deceased := _deceased(resource, notes)) is not None:
        data["deceased"] = deceased
    if any(link.get("type") == "replaced-by" for link in records(resource.get("link"))):
        # The retired one of two records for one person: its number must not be used, nor may it pause the other.
        notes.append("this record was replaced by another: its name, language and contacts are not used")
        return ReadResource(data, tuple(notes))
    if resource.get("active") is False:
        # "Not in active use": moved away, entered by mistake, or too long unseen to trust its number. Who still has an
        # appointment is seen as paused, and a person looks first.
        data["paused"] = True
        notes.append("the record is not active: the patient is paused")
    said = {
        "first_name": _first_name(resource),
        "birth_date": _birth_date(resource, notes),
        "language": _language(resource, notes),
        "test_patient": _stands_for_nobody(resource, notes),
    }
    data |= {name: value for name, value in said.items() if value}
    data |= _needs(resource, notes)
    if isinstance(resource.get("telecom"), list):
        data["contacts"] = _contacts(records(resource["telecom"]), _best_times(resource), notes)
    if records(resource.get("contact")):
        # Whether a relative may read of an appointment is the patient's to say, and FHIR has no word for it.
        notes.append("next of kin are left out: they are not the patient")
    return ReadResource(data, tuple(dict.fromkeys(notes)))


def _deceased(resource: Mapping[str, Any], notes: list[str]) -> bool | None:
    """Whether the patient has died; any date of death and any death notice, even a malformed one, counts."""
    said = resource.get("deceasedBoolean")
    notices = codes(_concepts(resource, "DeathNotificationStatus", "deathNotificationStatus"))
    if word(resource.get("deceasedDateTime")) or said in (True, "true") or set(notices) - {_REMOVED}:
        return True
    if said is not None and said is not False:
        notes.append("deceasedBoolean is neither true nor false: not used")
    return False if said is False or notices else None


def _needs(resource: Mapping[str, Any], notes: list[str]) -> dict[str, Any]:
    """The formats that the patient needs, by the Accessible Information Standard; any one of them will do.

    UK Core has one extension for them at a Patient, `ContactPreference`. The whole record of needs is a resource of its
    own, the Reasonable Adjustment Flag, which is not read.
    """
    methods = codes(_concepts(resource, "ContactPreference", "PreferredContactMethod"))
    written = _concepts(resource, "ContactPreference", "PreferredWrittenCommunicationFormat")
    needs = [*_meant(codes(written), _FORMATS), *_meant(methods, _METHODS_NEEDED)]
    will_do = _meant(methods, _METHODS_THAT_DO) if needs else []
    at_meetings = ["interpreter"] if _needs_interpreter(resource) else []
    found: dict[str, Any] = {}
    if formats := [*needs, *will_do, *at_meetings]:
        found["formats"] = list(dict.fromkeys(formats))
    if methods and not needs:
        notes.append("the preferred contact method is a wish, not a need: it is not used")
    if any(_FORMATS.keys().isdisjoint(codes(concept)) for concept in written):
        # No message goes to this patient as if there were no such need.
        found["paused"] = True
        notes.append("a written format that the patient needs is none that we know: the patient is paused")
    return found


def _needs_interpreter(resource: Mapping[str, Any]) -> bool:
    """Whether FHIR's own extension of a Patient, or UK Core's, says that somebody has to interpret."""
    extensions = records(resource.get("extension"))
    parts = [p for e in extensions if e.get("url") == _NHS_COMMUNICATION for p in records(e.get("extension"))]
    said = [e for e in extensions if e.get("url") == _INTERPRETER]
    said += [p for p in parts if p.get("url") == "interpreterRequired"]
    return any(e.get("valueBoolean") in (True, "true") for e in said)


def _meant(said: Iterable[str], table: Mapping[str, str]) -> list[str]:
    """What those of these codes mean that a table has."""
    return [table[code] for code in said if code in table]


def _concepts(resource: Mapping[str, Any], extension: str, part: str) -> list[dict[str, Any]]:
    """The coded values of one part of a UK Core extension of the patient."""
    whole = [e for e in records(resource.get("extension")) if e.get("url") == _UK_CORE + extension]
    parts = [p for e in whole for p in records(e.get("extension")) if p.get("url") == part]
    return [record(p.get("valueCodeableConcept")) for p in parts]


def _best_times(resource: Mapping[str, Any]) -> dict[str, str]:
    """When to call, by UK Core's `PreferredContactTimes`. FHIR has no word for a contact that is not safe."""
    url = _UK_CORE + "ContactPreference"
    whole = [e for e in records(resource.get("extension")) if e.get("url") == url]
    parts = [p for e in whole for p in records(e.get("extension")) if p.get("url") == "PreferredContactTimes"]
    said = [text for p in parts if (text := word(p.get("valueString")))]
    return {"best_times": "; ".join(said)[:100]} if said else {}


def _first_name(resource: Mapping[str, Any]) -> str | None:
    names = [n for n in records(resource.get("name")) if use_of(n) in _NAMES and not ended(n)]
    for name in sorted(names, key=lambda n: _NAMES[use_of(n)]):
        for first in _given(name):
            if found := word(first):
                return found
    return None


def _stands_for_nobody(resource: Mapping[str, Any], notes: list[str]) -> bool:
    """Whether the record only tries a system out: it is labelled so (HL7 v3 ActReason HTEST), or its name is."""
    meta = record(resource.get("meta"))
    names = records(resource.get("name"))
    said = [part for name in names for part in (name.get("text"), name.get("family"), *_given(name))]
    for_tests = any(c.get("code") == _TEST_DATA for c in (*records(meta.get("security")), *records(meta.get("tag"))))
    if for_tests or any(is_of_tests(word(part) or "") for part in said):
        notes.append("this is a test patient, who stands for nobody: no message goes")
        return True
    return False


def _given(name: Mapping[str, Any]) -> list[Any]:
    given = name.get("given")
    return given if isinstance(given, list) else [given]


def _birth_date(resource: Mapping[str, Any], notes: list[str]) -> str | None:
    """The birth date, of which some systems know only the year, or the month."""
    said = resource.get("birthDate")
    born = birth_date(said) if isinstance(said, str) else None
    if said is not None and born is None:
        notes.append("birthDate is no date: not used")
    return born


def _language(resource: Mapping[str, Any], notes: list[str]) -> str | None:
    """The preferred language, or the only one named; `other` where messages are written in none that is preferred."""
    preferred = [record(c.get("language")) for c in _preferred(records(resource.get("communication")))]
    named = {known for said in preferred for tag in _tags(said) if (known := language_of(tag))}
    ours = [language for language in _LANGUAGES if language in named or "both" in named]
    if named and not ours:
        notes.append("the preferred language is none that messages are written in: the site's is used")
    return "both" if len(ours) > 1 else next(iter(ours), OTHER if named else None)


def _tags(language: Mapping[str, Any]) -> list[str]:
    """The tags of a language; where it has none, its name."""
    return codes(language) or [name for name in [word(language.get("text"))] if name]


def _preferred(spoken: list[dict[str, Any]]) -> list[dict[str, Any]]:
    preferred = [c for c in spoken if c.get("preferred") is True]
    if not preferred and len(spoken) == 1 and spoken[0].get("preferred") is None:
        return spoken
    return preferred


def _contacts(telecom: list[dict[str, Any]], more: Mapping[str, str], notes: list[str]) -> list[dict[str, str]]:
    """The contacts in the order of `rank`; home and work numbers after all others.

    Home and work numbers may be landlines, which `shared.patients.phone` refuses, or phones that others read; and their
    rank is a wish about calls. `more` is said of each.
    """
    usable = [contact for contact in telecom if _is_usable(contact, notes)]
    ordered = sorted(usable, key=lambda c: (_is_household(c), rank_of(c), _tie(c)))
    distinct = list(dict.fromkeys((_CHANNELS[system_of(c)], value_of(c)) for c in ordered))
    if len(distinct) > _MOST_CONTACTS:
        notes.append(f"more than {_MOST_CONTACTS} contacts: the others are left out")
    return [{"channel": channel, "value": value, **more} for channel, value in distinct[:_MOST_CONTACTS]]


def _is_usable(contact: dict[str, Any], notes: list[str]) -> bool:
    """Whether the patient can now be written to by this contact; a fax, pager or web address is unusable."""
    system = system_of(contact)
    if contact.get("value") is None:
        return False
    if not system:
        notes.append("a contact that doesn't say whether it is a phone or an e-mail address is left out")
    elif system not in _CHANNELS:
        return False
    elif use_of(contact) == "old":
        notes.append(f"{system} use 'old' left out")
    elif ended(contact):
        notes.append(f"{system} with an end date left out")
    elif not value_of(contact):
        notes.append(f"{system} that is not one line of text left out")
    else:
        return True
    return False


def _is_household(contact: Mapping[str, Any]) -> bool:
    return system_of(contact) == "phone" and use_of(contact) in {"home", "work"}


def _tie(contact: Mapping[str, Any]) -> int:
    return _TIES.get(_MOBILE if system_of(contact) == "sms" else use_of(contact), 1)
