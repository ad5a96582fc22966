"""The pages that a link in an e-mail leads to: in English and Welsh at once, for a link tells nobody's language."""

from collections.abc import Mapping
from types import MappingProxyType

from services.gateway.rendering import rendered

LOOK = "links.css.jinja"

WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "appointments": ("messages about appointments", "o negeseuon am apwyntiadau"),
        "goals": ("messages about your goals", "o negeseuon am eich nodau"),
        "groups": ("messages about groups", "o negeseuon am grwpiau"),
        "all": ("messages of any kind", "o negeseuon o unrhyw fath"),
    }
)
"""What a category is called: after "We will send no more" and "Ni fyddwn yn anfon rhagor"."""

THESE = ("of these messages", "o'r negeseuon hyn")

NEWS = frozenset({"appointments", "all"})
"""Categories in which news of a changed appointment comes: whoever stops them is told what that means."""


def ask(category: str) -> str:
    """The page that asks, with one button. Looking at it changes nothing: link scanners look at every link."""
    return _about("ask.html.jinja", category)


def done(category: str) -> str:
    """The page that confirms."""
    return _about("done.html.jinja", category)


def broken() -> str:
    """The page that whoever brings a token that is none sees, whatever is wrong with it."""
    return rendered("broken.html.jinja", LOOK)


def later() -> str:
    """The page that whoever pressed the button sees while nothing can be kept."""
    return rendered("later.html.jinja", LOOK)


def _about(template: str, category: str) -> str:
    english, welsh = WORDS.get(category, THESE)
    return rendered(template, LOOK, english=english, welsh=welsh, news=category in NEWS)
