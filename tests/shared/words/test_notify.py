"""Placeholders of NHS Notify and GOV.UK Notify become Jinja's, or are refused with what to write."""

import time
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.words.bounds import LONGEST_BODY
from shared.words.notify import convert
from shared.words.wording import NotAllowed

CONVERTED = [
    ("a name", "Hello ((name)),", "Hello {{ name }},"),
    ("a name of two words", "((first name))", "{{ first_name }}"),
    ("in capitals", "((First Name))", "{{ first_name }}"),
    ("with a hyphen", "((first-name))", "{{ first_name }}"),
    ("with an underscore", "((first_name))", "{{ first_name }}"),
    ("with space around it", "((  first   name ))", "{{ first_name }}"),
    ("over two lines", "((name))\n((day))", "{{ name }}\n{{ day }}"),
    ("an attribute", "((place.name))", "{{ place.name }}"),
    ("an attribute in capitals", "((Place.Phone))", "{{ place.phone }}"),
    ("a filter", "((start|day))", "{{ start|day }}"),
    ("a filter with space around it", "((start | day))", "{{ start|day }}"),
    ("two beside each other", "((a))((b))", "{{ a }}{{ b }}"),
    ("in brackets", "(((name)))", "({{ name }})"),
    ("a condition", "((late??Sorry.))", "{% if late %}Sorry.{% endif %}"),
    ("a condition of two words", "((By patient??You asked. ))", "{% if by_patient %}You asked. {% endif %}"),
    ("a condition over lines", "((late??We are\nsorry.))", "{% if late %}We are\nsorry.{% endif %}"),
    ("a condition with a question", "((late??Are you well??))", "{% if late %}Are you well??{% endif %}"),
    ("a condition with nothing", "((late??))", "{% if late %}{% endif %}"),
    ("a condition with Jinja", "((late??Dear {{ name }}))", "{% if late %}Dear {{ name }}{% endif %}"),
    ("Jinja's own brackets", "((late??{{ a|between(b) }}))", "{% if late %}{{ a|between(b) }}{% endif %}"),
]

LEFT = [
    ("plain text", "See you on Tuesday."),
    ("nothing", ""),
    ("brackets", "Bring your list (if you have one)."),
    ("brackets within brackets", "Bring your list (the one we sent (twice))."),
    ("what was never opened", "Thank you :))"),
    ("Jinja", "{{ first_name }} {% if late %}Sorry{% endif %} {# why #}"),
    ("brackets in Jinja's quotes", "{{ '((' }}name))"),
    ("brackets in a statement", "{% if ((late)) %}Sorry{% endif %}"),
    ("brackets in a comment", "{# ((name)) #}"),
]

REFUSED = [
    ("never closed", "Dear ((name", "has no '))'"),
    ("closed by one", "Dear ((name), hello", "has no '))'"),
    ("a sad face", "Sorry :((", "for the brackets themselves write {{ '((' }}"),
    ("one within another", "((late??Dear ((name))))", "{% if name %}…{% endif %} instead"),
    ("four brackets", "((((name))))", "{% if name %}…{% endif %} instead"),
    ("brackets in a condition's text", "((late??Sorry (really)))", "{% if name %}…{% endif %} instead"),
    ("no name", "(())", "stands no name"),
    ("no name before the text", "((??Sorry))", "stands no name"),
    ("a sentence", "((if you can, and like) it))", "stands no name"),
    ("a name that begins with a number", "((1st))", "stands no name"),
    ("a call", "((name()))", "stands no name"),
    ("Jinja within a name", "(({{ name }}))", "stands no name"),
    ("a filter before the text", "((start|day??Come))", "Write the name alone"),
    ("too long", "x" * (LONGEST_BODY + 1), "shorten it"),
]


def cases(table: Sequence[tuple[str, ...]]) -> list[object]:
    return [pytest.param(*row[1:], id=row[0]) for row in table]


@pytest.mark.parametrize(("body", "converted"), cases(CONVERTED))
def test_placeholders_are_converted_once(body: str, converted: str) -> None:
    """Each becomes what Jinja writes, with the names of our fields, and a second conversion changes nothing."""
    assert convert(body) == converted
    assert convert(converted) == converted


@pytest.mark.parametrize("body", cases(LEFT))
def test_what_is_no_placeholder_stays(body: str) -> None:
    """Brackets of prose and all that Jinja reads are left as they are."""
    assert convert(body) == body


@pytest.mark.parametrize(("body", "why"), cases(REFUSED))
def test_what_looks_like_a_placeholder_is_never_sent_as_it_is(body: str, why: str) -> None:
    """A typing error would reach patients as brackets: it is refused, with the reason or the cure."""
    with pytest.raises(NotAllowed) as refused:
        convert(body)
    assert why in str(refused.value)


def test_a_refusal_names_the_line() -> None:
    """Where a longer wording is wrong is said by its line."""
    with pytest.raises(NotAllowed, match="Line 3"):
        convert("Dear ((name)),\n\n((late??sorry")


PIECES = ["((", "))", *"() \n'", "??", "name", "first name", "{{", "}}", "{%", "%}", "{#", "#}", "|day", ".name"]
BODIES = st.one_of(st.lists(st.sampled_from(PIECES), max_size=14).map("".join), st.text(max_size=60))


@given(BODIES)
def test_conversion_is_idempotent_or_refuses(body: str) -> None:
    """Whatever the body, it is refused as not allowed, or converted to what stays the same when converted again."""
    try:
        converted = convert(body)
    except NotAllowed:
        return
    assert convert(converted) == converted


@pytest.mark.parametrize("piece", ["((", "))", "{{", "((a??", "((a))", "{% ((", "(", "{#"])
def test_conversion_is_quick(piece: str) -> None:
    """The longest body of nothing but half-open brackets takes a tenth of a second at most."""
    body = piece * (LONGEST_BODY // len(piece))
    begun = time.process_time()
    with suppress(NotAllowed):
        convert(body)
    assert time.process_time() - begun < 0.2
