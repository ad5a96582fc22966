"""Wordings use a small part of Jinja, what their message brings, and nothing else; all else is refused, and quickly."""

import string
import time
import tracemalloc
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.words.bounds import DEEPEST, LONGEST_BODY, LONGEST_TAG, MOST_TAGS
from shared.words.fit import SHOWN_BY
from shared.words.forms import GENERAL_FIELDS, Choice, Field, Form
from shared.words.grammar import LONGEST_FILLED, check, convert, fill, placeholders
from shared.words.speech import FILTERS
from shared.words.wording import DoesNotFit, Language, NotAllowed, WordsError

LONDON = ZoneInfo("Europe/London")
MODE = Choice(("in-person", "telephone", "video"))
FORM = Form(
    name="moved",
    category="appointments",
    fields={
        "start": Field.INSTANT,
        "end": Field.INSTANT,
        "old": Field.INSTANT,
        "place": Field.PLACE,
        "old_place": Field.PLACE,
        "visits": Field.VISITS,
        "count": Field.TEXT,
        "by_patient": Field.FLAG,
        "mode": MODE,
        "old_mode": MODE,
        "rung": Choice(("first", "last")),
    },
)
PLACE = {"name": "Riverside", "address": "", "phone": "01632 960001", "sender": "Riverside Clinic"}
START = datetime(2026, 12, 1, 14, 30, tzinfo=LONDON)
END = datetime(2026, 12, 1, 15, tzinfo=LONDON)
VALUES: Mapping[str, Any] = {
    "first_name": "Ada",
    "greeting": "Dear Ada",
    "can_answer": True,
    "can_write": False,
    "start": START,
    "end": END,
    "old": datetime(2026, 11, 30, 9, tzinfo=LONDON),
    "place": PLACE,
    "old_place": PLACE,
    "visits": [{"start": START, "end": END, "mode": "in-person", "place": PLACE}],
    "count": "2",
    "by_patient": False,
    "mode": "telephone",
    "old_mode": "in-person",
    "rung": "last",
    "now": datetime(2026, 12, 1, 8, tzinfo=UTC),
}


def cases(table: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Each row by its first cell."""
    return [pytest.param(*row, id=row[0][:40]) for row in table]


FILLED = [
    ("Hello.", "Hello."),
    ("{{ first_name }}, hello.", "Ada, hello."),
    ("{{first_name}}", "Ada"),
    ("  {{ greeting }}\n\n", "Dear Ada"),
    ("{{ start|day }}", "Tuesday 1 December"),
    ("{{ start|on }}", "today, Tuesday 1 December"),
    ("{{ old|on }}", "on Monday 30 November"),
    ("{{ start|time }}", "2.30pm"),
    ("{{ start|between(end) }}", "between 2.30pm and 3pm"),
    ("{{ visits|listed }}", "2.30pm, at Riverside"),
    ("{{ visits|lines }}", "2.30pm, at Riverside"),
    ("{{ visits|phones }}", "01632 960001"),
    ("{{ place.name }}, {{ place.phone }}", "Riverside, 01632 960001"),
    ("{% if place.address %}At {{ place.address }}.{% else %}Come.{% endif %}", "Come."),
    ("Cancelled{% if by_patient %}, as you asked{% endif %}.", "Cancelled."),
    ("{% if not by_patient %}Sorry.{% endif %}", "Sorry."),
    ("{% if count %}{{ count }} appointments{% endif %}", "2 appointments"),
    ("{% if mode == 'video' %}V{% elif mode == 'telephone' %}T{% else %}P{% endif %}", "T"),
    ("{% if mode != old_mode %}Changed.{% endif %}", "Changed."),
    ("{% if old != start and (old_mode == 'in-person' or by_patient) %}Not then.{% endif %}", "Not then."),
    ("{% if place == old_place %}As before.{% endif %}", "As before."),
    ("a{# nobody reads this #}b", "ab"),
    ("a\n{%- if can_answer %} b{% endif %}", "a b"),
    ("{{ '((' }}{{ '{{' }}", "(({{"),
    ("# for x in y\n## no line statements", "# for x in y\n## no line statements"),
    ("Ŵythnos ŷ, 你好, 👩‍👩‍👧", "Ŵythnos ŷ, 你好, 👩‍👩‍👧"),
    ("one\r\ntwo", "one\ntwo"),
    ("<b>&amp;</b>", "<b>&amp;</b>"),
]


@pytest.mark.parametrize(("body", "text"), cases(FILLED))
def test_what_wordings_may_use(body: str, text: str) -> None:
    """All that the grammar allows passes the form of its message and is filled as it reads."""
    check(body, FORM)
    assert fill(body, VALUES, Language.ENGLISH) == text


def test_filters_speak_the_language() -> None:
    """One body is filled in each language by the language's own days, also where it was compiled for the other."""
    body = "{{ start|on }}, {{ old|on }}"
    assert fill(body, VALUES, Language.ENGLISH) == "today, Tuesday 1 December, on Monday 30 November"
    assert fill(body, VALUES, Language.WELSH) == "heddiw, dydd Mawrth 1 Rhagfyr, ar ddydd Llun 30 Tachwedd"
    assert fill(body, {**VALUES, "now": None}, Language.ENGLISH).startswith("on Tuesday")


def test_values_are_never_read_as_words() -> None:
    """A name that is written like a placeholder is shown as it is."""
    assert fill("{{ first_name }}", {"first_name": "{{ place }}((x))"}, Language.ENGLISH) == "{{ place }}((x))"


HOSTILE = [
    # body, part of the reason or cure
    ("{{ lipsum(n=50000) }}", "calls are not allowed"),
    ("{{ range(9) }}", "calls are not allowed"),
    ("{{ namespace() }}", "calls are not allowed"),
    ("{{ cycler('a') }}", "calls are not allowed"),
    ("{{ joiner }}{{ x() }}", "calls are not allowed"),
    ("{{ first_name.upper() }}", "calls are not allowed"),
    ("{{ ''.join }}", ".join is not allowed"),
    ("{{ 'a'.join(x) }}", "calls are not allowed"),
    ("{{ x.__class__ }}", ".__class__ is not allowed: a place has .name"),
    ("{{ x.name.name }}", ".name is not allowed"),
    ("{{ x['__class__'] }}", "[ ] is not allowed"),
    ("{{ x[0] }}", "[ ] is not allowed"),
    ("{{ x[:1] }}", "[ ] is not allowed"),
    ("{{ first_name|attr('x') }}", "there is no filter attr"),
    ("{{ first_name|upper }}", "there is no filter upper"),
    ("{{ start|dya }}", "Did you mean day?"),
    ("{{ start|day|time }}", "one at a time"),
    ("{{ 'x'|day }}", "stands behind a name"),
    ("{{ start|day(end) }}", "write {{ name|day }}"),
    ("{{ start|between }}", "write {{ start|between(end) }}"),
    ("{{ start|between(end, old) }}", "write {{ start|between(end) }}"),
    ("{{ start|between('x') }}", "takes names"),
    ("{{ start|between(end=end) }}", "write {{ start|between(end) }}"),
    ("{{ start|between(*end) }}", "write {{ start|between(end) }}"),
    ("{{ start|on(now) }}", "write {{ name|on }}"),
    ("{{ 'a'*100000000 }}", "calculating is not allowed"),
    ("{{ 'a' * x }}", "calculating is not allowed"),
    ("{{ 10**9**9 }}", "calculating is not allowed"),
    ("{{ 2**2**2**2**2**2**2**2 }}", "calculating is not allowed"),
    ("{{ 'a' + 'b' }}", "calculating is not allowed"),
    ("{{ -x }}", "calculating is not allowed"),
    ("{{ not x }}", "calculating is not allowed"),
    ("{{ 'a' ~ 'b' }}", "~ is not allowed"),
    ("{{ x if y else z }}", "{% if name %}…{% else %}…{% endif %}"),
    ("{{ x == y }}", "{% if %} alone"),
    ("{{ [1, 2] }}", "lists and tables"),
    ("{{ {} }}", "lists and tables"),
    ("{{ x, y }}", "lists and tables"),
    ("{{ true }}", "do not stand by themselves"),
    ("{{ none }}", "do not stand by themselves"),
    ("{{ 7 }}", "do not stand by themselves"),
    ("{{ 1e999 }}", "do not stand by themselves"),
    ("{{ self }}", "the name self is nobody's data"),
    ("{{ loop }}", "the name loop is nobody's data"),
    ("{{ now }}", "the name now is nobody's data"),
    ("{{ _private }}", "names have a-z"),
    ("{{ Größe }}", "names have a-z"),
    ("{{ " + "x" * 41 + " }}", "names have a-z"),
    ("{% include 'x' %}", "{% include %} is not allowed"),
    ("{% import 'x' as y %}", "{% import %} is not allowed"),
    ("{% from 'x' import y %}", "{% from %} is not allowed"),
    ("{% extends 'x' %}", "{% extends %} is not allowed"),
    ("{% block x %}y{% endblock %}", "{% block %} is not allowed"),
    ("{% macro x() %}y{% endmacro %}", "{% macro %} is not allowed"),
    ("{% set x = 1 %}", "{% set %} is not allowed"),
    ("{% with x = 1 %}y{% endwith %}", "{% with %} is not allowed"),
    ("{% for x in y %}z{% endfor %}", "Lists: {{ visits|lines }}"),
    ("{% call x() %}y{% endcall %}", "{% call %} is not allowed"),
    ("{% filter upper %}y{% endfilter %}", "{% filter %} is not allowed"),
    ("{% autoescape true %}y{% endautoescape %}", "{% autoescape %} is not allowed"),
    ("{% raw %}{{ x }}{% endraw %}", "{% raw %} is not allowed"),
    ("{%- raw -%}{{ x }}{%- endraw -%}", "{% raw %} is not allowed"),
    ("{% do x %}", "{% do %} is not allowed"),
    ("{% if x is none %}y{% endif %}", "`is` is not allowed. Write {% if name %}"),
    ("{% if x in y %}z{% endif %}", "only one == or !="),
    ("{% if x < y %}z{% endif %}", "only one == or !="),
    ("{% if x == y == z %}z{% endif %}", "only one == or !="),
    ("{% if x == 1 %}z{% endif %}", "a 'code' or a name"),
    ("{% if x == true %}z{% endif %}", "Write {% if name %}"),
    ("{% if 'video' == mode %}z{% endif %}", "a name on the left"),
    ("{% if x|day == 'y' %}z{% endif %}", "a name on the left"),
    ("{% if x|day %}z{% endif %}", "Write {% if name %}"),
    ("{% if 1 %}z{% endif %}", "do not stand by themselves"),
    ("{% if 'x' %}z{% endif %}", "do not stand by themselves"),
    ("{% if x() %}z{% endif %}", "calls are not allowed"),
    ("{% if x.__class__ %}z{% endif %}", ".__class__ is not allowed"),
    ("{% if (x, y) %}z{% endif %}", "lists and tables"),
    ("{% if x if y else z %}z{% endif %}", "Write {{ name }}"),
    ("{% if x %}y", "'if'"),
    ("y{% endif %}", "endif"),
    ("{% if x %}{{ a }}{% else %}{{ b() }}{% endif %}", "calls are not allowed"),
    ("{% if x %}a{% elif y() %}b{% endif %}", "calls are not allowed"),
    ("{{ }}", "Write {{ name }}"),
    ("{% %}", "Write {{ name }}"),
    ("{{ x", "Write {{ name }}"),
    ("{{ x }", "Write {{ name }}"),
    ("{{ 'x }}", "Write {{ name }}"),
    ("{# x", "Write {{ name }}"),
    ("{{ x ! y }}", "Write {{ name }}"),
    ("{{ '\\d' }}", "quoted text has no \\"),
    ("{{ '" + "x" * 61 + "' }}", "60 characters at most"),
    ("((name))", "was not converted"),
    ("a\0b", "U+0000"),
    ("a\ud800b", "U+D800"),
    ("a\u202eb", "U+202E"),
    ("a\x1bb", "U+001B"),
    ("", "it says nothing"),
    (" \n", "it says nothing"),
    ("{# nothing #}", "it says nothing"),
]
HUGE = [
    ("x" * (LONGEST_BODY + 1), "shorten it"),
    ("x" * 1_000_000, "shorten it"),
    ("{{ " * 400_000, "shorten it"),
    ("{% if x %}" * (DEEPEST + 1) + "y" + "{% endif %}" * (DEEPEST + 1), "within each other"),
    ("{% if x %}" * 10_000 + "{% endif %}" * 10_000, "shorten it"),
    ("{% if x %}" * 500, "within each other"),
    ("{%if x%}a" + "{%elif y%}b" * 400 + "{%endif%}", "tags. Shorten"),
    ("{{x}}" * (MOST_TAGS + 1), "tags. Shorten"),
    ("{{ " + "(" * 2_400 + "x" + ")" * 2_400 + " }}", "in one tag"),
    ("{{ " + "[" * 4_900, "in one tag"),
    ("{{ " + "{" * 4_900, "in one tag"),
    ("{{ " + "-" * 4_900 + "x }}", "in one tag"),
    ("{{ " + "not " * 1_200 + "x }}", "in one tag"),
    ("{{ x" + ".name" * 900 + " }}", "in one tag"),
    ("{{ x" + "|day" * 1_000 + " }}", "in one tag"),
    ("{% if x" + " and x" * 800 + " %}y{% endif %}", "in one tag"),
    ("{{ x" + " if x else x" * 400 + " }}", "in one tag"),
    ("{{ " + "9" * 4_900 + " }}", "numbers are not allowed"),
    ("{{ " + "9" * 4_900 + ".0 }}", "numbers are not allowed"),
    ("{{ '" + "a" * 4_900 + "' }}", "quoted text"),
    ("{{ x" * 1_200, "in one tag"),
    ("{#" * 2_500, "Write {{ name }}"),
    ("{%-" * 1_600, "in one tag"),
    ("{{ '" * 1_200, "in one tag"),
]


@pytest.mark.parametrize(("body", "why"), cases(HOSTILE + HUGE))
def test_all_else_is_refused_with_reason_and_cure(body: str, why: str) -> None:
    """Whatever is not on the list is not saved, and not filled either if it was put into the database."""
    with pytest.raises(NotAllowed) as refused:
        check(body, None)
    assert why in str(refused.value)
    assert len(str(refused.value)) < 400
    with pytest.raises(NotAllowed):
        fill(body, VALUES, Language.ENGLISH)


def test_refusing_is_quick_and_small() -> None:
    """All hostile bodies together take less than 2 seconds and 5 MB: no constant is ever computed."""
    begun = time.process_time()
    tracemalloc.start()
    for body, _ in HOSTILE + HUGE:
        with pytest.raises(NotAllowed):
            check(body, FORM)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.process_time() - begun < 2  # tracing slows it fivefold
    assert peak < 5_000_000


def test_the_largest_allowed_is_quick() -> None:
    """A body at every limit at once is checked, compiled and filled in less than half a second."""
    nested = "{% if can_answer %}" * DEEPEST + "x" + "{% endif %}" * DEEPEST
    asked = "{% if " + "(" * 9 + "can_answer" + ")" * 9 + " and can_answer" * 9 + " %}y{% endif %}"
    tags = (MOST_TAGS - nested.count("{%") - asked.count("{%")) * "{{count}}"
    body = f"{nested}{asked}{tags}"
    body += "z" * (LONGEST_BODY - len(body))
    begun = time.process_time()
    check(body, FORM)
    assert fill(body, VALUES, Language.ENGLISH).startswith("xy2")
    assert time.process_time() - begun < 0.5
    assert asked.count("(") * 2 + 20 < LONGEST_TAG


@pytest.mark.parametrize("deep", [0, 300, 600])
def test_a_body_at_the_limits_leaves_the_stack_alone(deep: int) -> None:
    """The deepest tag that is allowed is parsed even where much of the stack is in use already."""
    brackets = (LONGEST_TAG - 5) // 2

    def below(frames: int) -> None:
        if frames:
            below(frames - 1)
        else:
            check("{% if " + "(" * brackets + "can_answer" + ")" * brackets + " %}x{% endif %}", FORM)

    below(deep)


def test_the_reason_names_the_line() -> None:
    """In a longer wording the reason says where."""
    with pytest.raises(NotAllowed, match="Line 3"):
        check("Dear,\n\n{{ x() }}", None)
    with pytest.raises(DoesNotFit, match="Line 2"):
        check("Dear\n{{ nobody }}", FORM)


MISFITS = [
    ("{{ nobody }}", "nobody is unknown here; known are by_patient, can_answer"),
    ("{{ firstname }}", "Did you mean first_name?"),
    ("{{ place_name }}", "Did you mean place.name?"),
    ("{% if nobody %}x{% endif %}", "nobody is unknown"),
    ("{% if nobody == 'x' %}x{% endif %}", "nobody is unknown"),
    ("{% if start != nobody %}x{% endif %}", "nobody is unknown"),
    ("{{ start|between(nobody) }}", "nobody is unknown"),
    ("{{ start }}", "write {{ start|day }}"),
    ("{{ place }}", "write {{ place.name }}"),
    ("{{ visits }}", "write {{ visits|lines }}"),
    ("{{ by_patient }}", "write {% if by_patient %}"),
    ("{{ mode }}", "never shown: write {% if mode == 'in-person' %}"),
    ("{{ first_name.name }}", "first_name is a text"),
    ("{{ mode.name }}", "mode is one of"),
    ("{% if start.name %}x{% endif %}", "start is an instant"),
    ("{{ first_name|day }}", "first_name is a text: write {{ first_name }}"),
    ("{{ visits|day }}", "visits is several appointments"),
    ("{{ start|lines }}", "start is an instant"),
    ("{{ place|phones }}", "place is a place"),
    ("{{ visits|agendas }}", "visits is several appointments"),
    ("{{ start|between(place) }}", "place is a place"),
    ("{% if start %}x{% endif %}", "start is an instant"),
    ("{% if place %}x{% endif %}", "place is a place"),
    ("{% if visits %}x{% endif %}", "visits is several"),
    ("{% if mode %}x{% endif %}", "{% if mode == 'in-person' %}"),
    ("{% if mode == 'telefone' %}x{% endif %}", "in-person, telephone, video. Did you mean telephone?"),
    ("{% if mode == '' %}x{% endif %}", "mode is never ''"),
    ("{% if count == '2' %}x{% endif %}", "count has no codes"),
    ("{% if by_patient == 'yes' %}x{% endif %}", "by_patient has no codes"),
    ("{% if start == 'today' %}x{% endif %}", "start has no codes"),
    ("{% if mode == rung %}x{% endif %}", "cannot be compared"),
    ("{% if mode == start %}x{% endif %}", "cannot be compared"),
    ("{% if start == place %}x{% endif %}", "cannot be compared"),
    ("{% if first_name == greeting %}x{% endif %}", "cannot be compared"),
    ("{% if by_patient == can_answer %}x{% endif %}", "cannot be compared"),
]


@pytest.mark.parametrize(("body", "why"), cases(MISFITS))
def test_a_wording_fits_its_message(body: str, why: str) -> None:
    """What a message does not bring, or brings as something else, is refused before it could fail at night."""
    with pytest.raises(DoesNotFit) as refused:
        check(body, FORM)
    assert why in str(refused.value)


def test_every_filter_shows_something_known() -> None:
    """Each filter that exists is held against the kind of its field."""
    assert SHOWN_BY.keys() == FILTERS.keys()


def test_without_a_form_any_name_may_be_used() -> None:
    """Where no form is known only the grammar is held."""
    check("{{ anybody }} {% if anything == 'x' %}{{ some|day }}{% endif %}", None)


def test_placeholders_are_the_names_that_are_used() -> None:
    """Names stand once, however they are used: shown, filtered, given to a filter, tested, compared."""
    body = "{{ a }}{{ b.name }}{{ c|between(d) }}{% if e and not f.phone or g == 'x' or h != a %}{% endif %}"
    assert placeholders(body) == frozenset("abcdefgh")
    assert placeholders("Hello") == frozenset()


UNFILLABLE: list[tuple[str, dict[str, Any], str]] = [
    ("{{ old|day }} {{ start }}", {"start": "x"}, "the data lacks old"),
    ("{{ place.name }}", {"place": {}}, "whether the place is registered"),
    ("{{ name }}", {"name": START}, "TypeError"),
    ("{{ name }}", {"name": {"secret": "Ada"}}, "TypeError"),
    ("{{ name }}", {"name": None}, "TypeError"),
    ("{{ name }}", {"name": True}, "TypeError"),
    ("{{ name|day }}", {"name": "Ada"}, "Error"),
    ("{{ name|between(other) }}", {"name": START, "other": "Ada"}, "Error"),
    ("{{ name|lines }}", {"name": [{"Ada": 1}]}, "KeyError"),
    ("{{ name|phones }}", {"name": []}, "come to nothing"),
    ("{{ name }}", {"name": "Ada" * LONGEST_FILLED}, "one value has over 10,000 characters"),
    ("{{ name }}{{ name }}", {"name": "Ada" * 2_000}, "12,000 characters, 10,000 at most"),
    ("{{ name }}", {"name": "  "}, "come to nothing"),
    ("{% if name %}x{% endif %}", {"name": ""}, "come to nothing"),
]


@pytest.mark.parametrize(("body", "values", "why"), cases(UNFILLABLE))
def test_what_cannot_be_filled_fails_closed_and_tells_nothing(body: str, values: dict[str, Any], why: str) -> None:
    """A missing, wrong or endless value sends nothing, and neither the reason nor its traceback shows the value."""
    check(body, None)
    with pytest.raises(DoesNotFit) as refused:
        fill(body, values, Language.ENGLISH)
    assert why in str(refused.value)
    assert "Ada" not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_notify_wordings_are_checked_as_ours() -> None:
    """A wording from Notify passes its form once it is converted, and fills alike."""
    body = convert("((First Name)), come ((start|on)) to ((place.name)).((can answer?? Reply 1.))")
    check(body, FORM)
    assert fill(body, VALUES, Language.ENGLISH) == "Ada, come today, Tuesday 1 December to Riverside. Reply 1."


NAMES = ["first_name", "start", "place.name", "place", "visits", "mode", "by_patient", "now", "x", "self"]
TAGS = ["{{", "}}", "{%", "%}", "{#", "#}", "{%-", "-%}", "((", "))", "??"]
WORDS = ["if", "elif", "else", "endif", "for", "in", "and", "or", "not", "is", "none", "true", "raw", "endraw"]
SIGNS = [*"<()[]{},.|~+-:'\"\\\n\0\ud800a9 ", "==", "!=", "**", "'video'", " "]
PIECES = [*NAMES, *TAGS, *WORDS, *SIGNS, *FILTERS]
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()) | st.sampled_from(string.printable), max_size=80)
BODIES = st.one_of(
    ANY_TEXT,
    st.lists(st.sampled_from(PIECES), max_size=20).map(" ".join),
    st.lists(st.sampled_from(PIECES), max_size=20).map("".join),
    st.lists(st.sampled_from([body for body, _ in FILLED + HOSTILE + MISFITS]), max_size=4).map("".join),
)


@given(BODIES, st.sampled_from(Language))
def test_any_body_is_refused_or_filled(body: str, language: Language) -> None:
    """Whatever the body, there is a text or a refusal of ours: never another exception, never an empty text."""
    try:
        text = fill(convert(body), VALUES, language)
    except WordsError:
        return
    assert text
    assert len(text) <= LONGEST_FILLED


@given(BODIES)
def test_what_passes_its_form_is_filled(body: str) -> None:
    """A wording that was saved for a form lacks nothing when its message brings what the form declares."""
    try:
        check(body, FORM)
    except (NotAllowed, DoesNotFit):
        return
    assert placeholders(body) <= FORM.fields.keys() | GENERAL_FIELDS.keys()
    try:
        fill(body, VALUES, Language.WELSH)
    except DoesNotFit as refused:
        assert "come to nothing" in str(refused)  # noqa: PT017 - the one reason that depends on the values
