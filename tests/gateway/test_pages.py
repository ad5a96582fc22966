"""The gateway's pages hold whatever is typed, sent or configured as text, and repeat no token and no category."""

from collections.abc import Callable
from functools import partial

import pytest

from services.gateway import pages
from services.gateway.goal_pages import LABELS, TOKEN, PageNotice, page
from shared.formats.csv.tables import FieldFault
from tests.page_shape import HOSTILE, Shape

TYPED = [name for name in LABELS if name not in {TOKEN, "status", "source"}]
TAME = "tame"


def one_line(text: str) -> str:
    """What a field shows of it: a field has one line."""
    return "".join(letter for letter in text if letter.isprintable())


def with_fault(name: str | None, said: str) -> str:
    """The page with one fault."""
    return page({}, PageNotice("Not sent", faults=(FieldFault(name, said),)))


def with_typed(name: str, said: str) -> str:
    """The page with one field filled."""
    return page({name: said})


AS_IT_IS: dict[str, Callable[[str], str]] = {
    "a heading": lambda said: page({}, PageNotice(said)),
    "a sentence": lambda said: page({}, PageNotice("Not sent", (said,))),
    "what went well": lambda said: page({}, PageNotice("Sent", (said,), well=True)),
    "a fault of no field": partial(with_fault, None),
    **{f"a fault of {name}": partial(with_fault, name) for name in LABELS},
    "a source to choose": lambda said: page({}, None, [said, "https://b.example.org/"]),
}
"""Pages in which a value from outside is said as it is."""

ON_ONE_LINE: dict[str, Callable[[str], str]] = {
    **{f"typed as {name}": partial(with_typed, name) for name in TYPED},
    "a source before a token is known": partial(with_typed, "source"),
}
"""Pages in which a field or what is kept for the next request holds a value from outside."""


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("shown", AS_IT_IS.values(), ids=AS_IT_IS)
def test_what_is_said_stays_text(shown: Callable[[str], str], hostile: str) -> None:
    """Whatever is said, the page has the elements and attributes of one that says something harmless, and its words."""
    seen = Shape(shown(hostile))
    assert seen.elements == Shape(shown(TAME)).elements
    assert seen.addresses == Shape(shown(TAME)).addresses
    assert seen.says(hostile)


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("shown", ON_ONE_LINE.values(), ids=ON_ONE_LINE)
def test_what_was_typed_stays_in_its_field(shown: Callable[[str], str], hostile: str) -> None:
    """Whatever was typed is the value of its field, on one line, and adds neither an element nor an attribute."""
    seen = Shape(shown(hostile))
    assert seen.elements == Shape(shown(TAME)).elements
    assert one_line(hostile) in seen.values


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", ["status", "source", TOKEN])
def test_what_cannot_be_chosen_is_not_shown(name: str, hostile: str) -> None:
    """A status or a system that is not offered, and any token, are on no page."""
    sources = ["https://a.example.org/", "https://b.example.org/"]
    seen = Shape(page({name: hostile}, None, sources))
    assert not seen.says(hostile)
    assert not seen.says(one_line(hostile))


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("shown", [pages.ask, pages.done])
def test_a_category_is_named_in_words_of_ours(shown: Callable[[str], str], hostile: str) -> None:
    """A link's category is looked up and never repeated."""
    assert shown(hostile) == shown("unheard_of")
