"""Every default can be looked at."""

from services.cli.words.gallery import samples
from services.cli.words.shipped import shipped_words
from shared.words.wording import Part


def test_every_default_is_shown() -> None:
    """Each shipped text of each language and reader is a bubble, each e-mail a page, each entry a calendar file."""
    shown = {(sample.message, sample.reader, sample.language) for sample in samples()}
    shipped = {one.slot for one in shipped_words()}
    assert shown >= {(f"{slot.planner}/{slot.name}", slot.recipient.value, slot.language.value) for slot in shipped}
    with_entry = {f"{slot.planner}/{slot.name}" for slot in shipped if slot.part is Part.CALENDAR}
    for sample in samples():
        assert sample.texts or sample.reader not in {"patient", "carer"}  # staff are written to by e-mail alone
        assert sample.mail.subject
        assert bool(sample.mail.calendar) == (sample.message in with_entry)


def test_a_cancelled_appointment_leaves_the_calendar() -> None:
    """Its file is a cancellation, every other one a request."""
    for sample in samples():
        method = "METHOD:CANCEL" if sample.message.endswith("cancelled") else "METHOD:REQUEST"
        assert all(method in ics for ics in sample.mail.calendar)
