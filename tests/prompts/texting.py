"""Patients who were asked, and text back; and what is wanted then, a line each."""

from typing import Any

from tests.prompts.fixtures import SOURCE, Ward

LONG_AGO = "2026-09-01 12:00"
A, B, C = "2026-12-08 09:00", "2026-12-15 09:00", "2026-12-22 09:00"
THING = f"{SOURCE}/appointment/1001"


def asked() -> Ward:
    """A patient who was asked for the agenda of A."""
    return Ward().says(LONG_AGO, A).tell("agenda", "2026-12-01 16:00")


def reminded() -> Ward:
    """A patient who was asked, and then reminded."""
    return asked().tell("reminder", "2026-12-04 16:00")


def answered(*answers: tuple[str, str], **data: Any) -> Ward:
    """Reminded, and these answers: when, and what."""
    ward = reminded()
    for at, what in answers:
        ward.answers(what, at, **data)
    return ward


def acknowledged(ward: Ward) -> list[str]:
    """The acknowledgements that are wanted, with the text that each answers."""
    return [f"{message.kind} {message.reply_to}" for message in ward.plan().messages if message.reply_to]


def tasks(ward: Ward) -> list[str]:
    """The tasks that are wanted, with the text that each is about."""
    return [f"{request.kind} {request.text_id}" for request in ward.plan().task_requests]


def events(ward: Ward) -> list[str]:
    """What the clinic is told, and of which text."""
    return [response.key for response in ward.plan().responses]
