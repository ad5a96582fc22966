"""Forms: what data they take, and that they survive being kept."""

from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.words.forms import Choice, Field, Form, as_json, from_json, misfits

START = {"at": "2026-12-01T14:30:00+00:00", "zone": "Europe/London"}
PLACE = {"place": "s#MSK"}
VISIT = {"start": START, "end": START, "mode": "video", "place": PLACE}
LISTED = {"start": START, "end": START, "mode": "video", "said": {"thing": "s/appointment/1"}}
FORM = Form(
    name="hello",
    category="appointments",
    fields={
        "why": Field.TEXT,
        "start": Field.INSTANT,
        "place": Field.PLACE,
        "again": Field.FLAG,
        "visits": Field.VISITS,
        "day": Field.AGENDAS,
        "mode": Choice(("in-person", "video")),
    },
)
DATA: dict[str, Any] = {
    "why": "",
    "start": START,
    "place": PLACE,
    "again": False,
    "visits": [VISIT],
    "day": [LISTED],
    "mode": "video",
}


def test_data_as_it_is_declared() -> None:
    """Nothing is wrong with it."""
    assert misfits(FORM, DATA) == ()


def test_a_day_holds_any_number_of_appointments() -> None:
    """A clinic's test patient with a hundred is planned; whether the words fit is seen when they are filled."""
    assert misfits(FORM, {**DATA, "visits": [VISIT] * 100}) == ()


@pytest.mark.parametrize(
    ("field", "value", "meant"),
    [
        pytest.param("why", None, "text", id="nothing"),
        pytest.param("why", 1, "text", id="a number"),
        pytest.param("why", "x" * 201, "text", id="a text too long to be one value"),
        pytest.param("start", "2026-12-01T14:30:00+00:00", "instant", id="an instant without its zone"),
        pytest.param("start", {**START, "at": "2026-12-01T14:30:00"}, "instant", id="no offset"),
        pytest.param("start", {**START, "at": "tomorrow"}, "instant", id="no instant"),
        pytest.param("start", {**START, "at": 7}, "instant", id="a number for an instant"),
        pytest.param("start", {**START, "zone": "Atlantis"}, "instant", id="an unknown zone"),
        pytest.param("start", {**START, "zone": ["Europe/London"]}, "instant", id="a list for a zone"),
        pytest.param("start", {**START, "more": ""}, "instant", id="more than an instant"),
        pytest.param("place", "s#MSK", "place", id="a key alone"),
        pytest.param("place", {"place": 7}, "place", id="a number for a key"),
        pytest.param("again", "yes", "flag", id="a text for a flag"),
        pytest.param("again", 0, "flag", id="a number for a flag"),
        pytest.param("visits", [], "visits", id="no appointment"),
        pytest.param("visits", VISIT, "visits", id="one that is no list"),
        pytest.param("visits", [{**VISIT, "mode": "pigeon"}], "visits", id="a way to meet that there isn't"),
        pytest.param("visits", [{**VISIT, "mode": ["video"]}], "visits", id="a list for a mode"),
        pytest.param("visits", [VISIT, {**VISIT, "end": None}], "visits", id="one without an end"),
        pytest.param("visits", [{"start": START}], "visits", id="half an appointment"),
        pytest.param("day", [], "agendas", id="a day without appointments"),
        pytest.param("day", [{**LISTED, "said": "my back"}], "agendas", id="words in a plan"),
        pytest.param("day", [{**LISTED, "said": {"thing": "t", "items": []}}], "agendas", id="more than a name"),
        pytest.param("day", [{**LISTED, "first_name": "Ada"}], "agendas", id="a name in a plan"),
        pytest.param("day", [VISIT], "agendas", id="a visit of another kind"),
        pytest.param("mode", "telephone", "one of in-person, video", id="another code"),
        pytest.param("mode", ["video"], "one of in-person, video", id="a list of codes"),
    ],
)
def test_data_of_another_kind(field: str, value: Any, meant: str) -> None:
    """Each is named with what it should be, and nothing is shown of what it is."""
    assert misfits(FORM, {**DATA, field: value}) == (f"{field} is no {meant}",)


def test_data_that_lacks_a_field_or_brings_another() -> None:
    """Both are said at once: what is not declared could stand in no wording, what is missing would break one."""
    data = {name: value for name, value in DATA.items() if name != "why"}
    assert misfits(FORM, {**data, "because": "x"}) == ("why is missing", "because is not declared")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([START, PLACE, VISIT, LISTED]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*VISIT, "at", "zone"]), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*DATA, "other"]), JSON))
def test_whatever_a_rule_plans_is_judged(data: dict[str, Any]) -> None:
    """No data makes it fail, and only what is declared passes."""
    fits = misfits(FORM, data) == ()
    assert not fits or data.keys() == FORM.fields.keys()


KINDS = st.one_of(st.sampled_from(Field), st.lists(st.text(max_size=9), min_size=1, max_size=4).map(tuple).map(Choice))
FORMS = st.builds(
    Form,
    name=st.text(max_size=20),
    category=st.text(max_size=20),
    fields=st.dictionaries(st.text(max_size=9), KINDS, max_size=5).map(MappingProxyType),
    answers=st.frozensets(st.sampled_from(["1", "2", "SURE"])),
    open_question=st.booleans(),
    needs_contact=st.booleans(),
)


@given(FORMS)
def test_a_form_survives_being_kept(form: Form) -> None:
    """From JSON it comes back equal, and equal forms have the same JSON."""
    kept = from_json(as_json(form))
    assert kept == form
    assert as_json(kept) == as_json(form)
