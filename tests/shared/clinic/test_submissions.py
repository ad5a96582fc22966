"""What clinics may say, by whichever door: any document is an event for its topic or is refused, and nothing raises."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clinic import deaths
from shared.clinic.submissions import TOPICS, Submission, refusal_text, submission
from shared.events.cloudevents import REASONS, Event, Rejected, RejectReason

NOW = datetime(2026, 11, 25, tzinfo=UTC)
WELL: dict[str, Any] = {
    "specversion": "1.0",
    "id": "1-1",
    "source": "https://riverside.example.org",
    "type": "cocreate.appointment.v1",
    "subject": "1",
    "data": {"status": "cancelled", "patient": {"id": "P1"}},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(document=JSON | st.dictionaries(st.sampled_from(sorted(WELL)), JSON, max_size=2).map(lambda odd: WELL | odd))
def test_any_document_is_a_submission_or_refused(document: Any) -> None:
    """Whatever JSON says, lone surrogates included, it is taken as its reader takes it, or refused with a cure."""
    found = submission(document, NOW)
    if isinstance(found, Rejected):
        assert refusal_text(found).startswith(REASONS[found.reason])
        return
    again = deaths.read(found.record, TOPICS[found.record.topic], NOW)
    assert isinstance(again, Event)
    assert (again.thing, again.data) == (found.event.thing, found.event.data)
    assert found.record.key == again.thing.encode()
    assert submission(json.loads(found.record.value or b""), NOW) == found


def test_nesting_without_end() -> None:
    """What is nested deeper than can be written is refused, and raises nothing."""
    document: Any = []
    for _ in range(100_000):
        document = [document]
    found = submission(document, NOW)
    assert isinstance(found, Rejected)
    assert found.reason is RejectReason.NOT_JSON
    while document:  # taken apart by hand: Python itself would need as deep a stack
        document = document[0]


@pytest.mark.parametrize("type_", ["x", "", None, 7, ["cocreate.patient.v1"], {"a": 1}])
def test_types_without_a_topic(type_: Any) -> None:
    """A type that no topic carries is refused; where it is a type at all, with those that there are."""
    found = submission({**WELL, "type": type_}, NOW)
    assert isinstance(found, Rejected)
    assert ("cocreate.appointment.v1, cocreate.course.v1" in refusal_text(found)) == (type_ == "x")


def test_it_is_keyed_by_its_thing() -> None:
    """Events of one thing have one key, whatever their subject looks like."""
    keys = {
        found.record.key
        for subject in ("1", "appointment/1")
        if isinstance(found := submission({**WELL, "subject": subject}, NOW), Submission)
    }
    assert keys == {b"https://riverside.example.org/appointment/1"}
