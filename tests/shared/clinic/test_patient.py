"""What cannot be read of a patient costs that detail, and is named without its value; the rest is taken."""

import json
from typing import Any

import pytest

from shared.clinic.appointment import Appointment
from shared.clinic.language import language_of
from shared.clinic.patient import Details, Patient
from shared.clinic.unread import REASONS, UnreadReason
from shared.events.visible import visible
from tests.harness import appointment

GOOD = {"channel": "sms", "value": "07700 900001"}
KEPT = {"contacts": [GOOD]}
LONG = "0" * 201

COSTS: list[tuple[str, dict[str, Any], dict[str, Any], list[str]]] = [
    # label, what came, what is kept of it, what is named
    ("a channel unheard of", {"contacts": [{**GOOD, "channel": "pager"}, GOOD]}, KEPT, ["contacts.channel not_known"]),
    ("no channel", {"contacts": [GOOD, {"value": "1"}]}, KEPT, ["contacts.channel empty"]),
    ("no value", {"contacts": [GOOD, {"channel": "email"}]}, KEPT, ["contacts.value empty"]),
    ("an empty value", {"contacts": [GOOD, {**GOOD, "value": " "}]}, KEPT, ["contacts.value empty"]),
    ("a bell", {"contacts": [GOOD, {**GOOD, "value": "07700\a900001"}]}, KEPT, ["contacts.value unprintable"]),
    ("two lines", {"contacts": [GOOD, {**GOOD, "value": "1\n2"}]}, KEPT, ["contacts.value unprintable"]),
    ("too long", {"contacts": [GOOD, {**GOOD, "value": LONG}]}, KEPT, ["contacts.value too_long"]),
    ("a number as number", {"contacts": [GOOD, {**GOOD, "value": 7700900001}]}, KEPT, ["contacts.value wrong_type"]),
    ("a role unheard of", {"contacts": [GOOD, {**GOOD, "role": "neighbour"}]}, KEPT, ["contacts.role not_known"]),
    ("whether it may", {"contacts": [GOOD, {**GOOD, "may_receive": "?"}]}, KEPT, ["contacts.may_receive wrong_type"]),
    ("a contact that is none", {"contacts": [GOOD, "07700 900001"]}, KEPT, ["contacts wrong_type"]),
    ("one contact without a list", {"contacts": GOOD}, KEPT, []),
    ("an empty place in the list", {"contacts": [None, GOOD]}, KEPT, []),
    ("in capitals", {"contacts": [{**GOOD, "channel": " SMS "}]}, KEPT, []),
    ("too many", {"contacts": [GOOD] * 21}, {"contacts": [GOOD] * 20}, ["contacts too_many"]),
    ("none that can be read", {"contacts": [{"channel": "fax", "value": "1"}]}, {}, ["contacts.channel not_known"]),
    ("known to be none", {"contacts": []}, {"contacts": []}, []),
    ("a name of 3,000", {"first_name": "Ada" * 1_000}, {}, ["first_name too_long"]),
    ("a list of names", {"first_name": ["Ada"]}, {}, ["first_name wrong_type"]),
    ("a wrong check digit", {"nhs_number": "943 476 5918"}, {}, ["nhs_number check_digit"]),
    ("a birthday in another order", {"birth_date": "31/01/1960"}, {}, ["birth_date no_date"]),
    ("an opt-out unheard of", {"opt_outs": ["surveys", "Goals"]}, {"opt_outs": ["goals"]}, ["opt_outs not_known"]),
    ("one opt-out without a list", {"opt_outs": "all"}, {"opt_outs": ["all"]}, []),
    ("a language in words", {"language": "Polish"}, {"language": "other"}, ["language not_written"]),
    ("a language that is a list", {"language": ["en"]}, {}, ["language wrong_type"]),
    ("a pause in words", {"paused": "on ward 7"}, {"paused": True}, ["paused wrong_type"]),
    ("a death in words", {"deceased": "Lovelace"}, {"paused": True}, ["deceased wrong_type"]),
    ("a day of death", {"deceased": "2026-11-02"}, {"deceased": True}, []),
    ("nobody knows of a death", {"deceased": "unknown"}, {}, []),
    ("a need unheard of", {"formats": ["tea"]}, {"formats": ["other"]}, ["formats not_known"]),
    ("a need in other letters", {"formats": ["Large Print"]}, {"formats": ["large-print"]}, []),
]


def named(details: Details) -> list[str]:
    return [f"{one.field} {one.reason}" for one in details.unread]


@pytest.mark.parametrize(("said", "kept", "unread"), [case[1:] for case in COSTS], ids=[case[0] for case in COSTS])
def test_what_cannot_be_read_costs_that_detail(said: dict[str, Any], kept: dict[str, Any], unread: list[str]) -> None:
    """A detail that cannot be read is left out alone; where that might do harm, a doubt stands for it."""
    details = Patient.model_validate({"first_name": "Ada", **said})
    expected = Patient.model_validate(
        {"first_name": "Ada", **kept} | ({} if "first_name" not in said else {"first_name": None})
    )
    assert details.model_dump() == expected.model_dump()
    assert named(details) == unread
    assert Details.model_validate_json(details.model_dump_json()).model_dump() == details.model_dump()


def test_the_remarks_quote_nothing() -> None:
    """A remark names the field and the cause; every cause has its sentence."""
    details = Patient.model_validate({"contacts": [{"channel": "Lovelace", "value": "Ada"}], "nhs_number": "Ada"})
    assert "Ada" not in " ".join(map(str, details.unread))
    assert "Lovelace" not in " ".join(map(str, details.unread))
    assert set(REASONS) == set(UnreadReason)


@pytest.mark.parametrize(
    ("said", "unread"),
    [
        pytest.param({"end": "2026-11-16T09:00:00Z"}, "end before_start", id="an end before the start"),
        pytest.param({"end": "2026-12-07T09:00:00"}, "end no_date", id="an end without a zone"),
        pytest.param({"created": "yesterday"}, "created no_date", id="a booking in words"),
        pytest.param({"clinician": 7}, "clinician wrong_type", id="a clinician that is a number"),
        pytest.param({"clinician_email": "x" * 201}, "clinician_email too_long", id="a long address"),
        pytest.param({"brought_by_others": "perhaps"}, "brought_by_others wrong_type", id="perhaps brought by others"),
        pytest.param({"cancelled_by": "the weather"}, "cancelled_by not_known", id="cancelled by the weather"),
        pytest.param({"patient": {"id": "p1", "language": "fr"}}, "patient.language not_written", id="of its patient"),
    ],
)
def test_an_appointment_is_taken_without_what_its_state_does_not_need(said: dict[str, Any], unread: str) -> None:
    """Whether, when, how and where a patient is expected stays; the rest is left out where it cannot be read."""
    state = Appointment.model_validate(appointment()["data"] | said)
    assert [f"{one.field} {one.reason}" for one in state.unread] == [unread]
    assert state.start is not None
    field = unread.split(maxsplit=1)[0]
    assert field.startswith("patient") or getattr(state, field) is None
    assert Appointment.model_validate_json(json.dumps(appointment()["data"] | said)) == state


LANGUAGES = [
    *((tag, "en") for tag in ("en", "en-GB", "EN", "en_US", "eng", "English", " en-Latn-GB ", "en\u2011GB")),
    *((tag, "cy") for tag in ("cy", "cy-GB", "CY", "wel", "cym", "Cymraeg", "Welsh")),
    ("both", "both"),
    *(
        (tag, "other")
        for tag in ("pl", "ur-PK", "Polish", "zh-Hant", "bfi", "x-klingon", "français", "q4", "enm", "\u4e2d\u6587")
    ),
    *((tag, None) for tag in ("", " ", "und", "mul", "Unknown", "Not known", "N/A", "zxx", "und-Latn")),
]


@pytest.mark.parametrize(("tag", "language"), LANGUAGES)
def test_languages(tag: str, language: str | None) -> None:
    """A language is known by its tag, in any case and with any region, or by its name; others are `other`."""
    assert language_of(tag) == language


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("07700\u00a0900001", "07700 900001"),
        ("\u202a07700900001\u202c", "07700900001"),
        ("ada\u200b@example.org", "ada@example.org"),
        ("\ufeffP1", "P1"),
        ("P\u00ad1", "P1"),
        ("A\u20131", "A-1"),
        ("A\u22121", "A-1"),
        ("P1\ufe0f", "P1"),
        ("P\u30641", "P\u30641"),
        ("a\nb", "a\nb"),
        ("\u00fc", "\u00fc"),
    ],
)
def test_what_nobody_sees_is_cleaned(text: str, seen: str) -> None:
    """What comes along with a copy goes; letters, and what is no slip, stay."""
    assert visible(text) == seen
    assert visible(seen) == seen
