"""Limits on the size and depth of a body, checked before it is parsed; invisible characters are refused.

Jinja's parser is recursive and has no limits of its own; its lexer is neither slow nor recursive.
"""

import unicodedata

from jinja2 import Environment, TemplateSyntaxError, nodes

from shared.words.wording import NotAllowed

LONGEST_BODY = 5_000
"""Characters. An e-mail of two screens has 2,000; more is no wording, and keeps the parser busy."""
DEEPEST = 8  # `if` within `if`: three are read with effort; each takes four frames of the parser's stack
LONGEST_TAG = 40  # words and signs in one {{ }} or {% %}: four comparisons with `and` have 19
MOST_TAGS = 300  # an e-mail with every branch has 40
LONGEST_LITERAL = 60  # characters of 'quoted text'
LONGEST_NUMBER = 9  # digits: none is allowed, but a short one gets a better reason, and Python reads 4,300 at most
SHOW = "Write {{ name }}, {{ place.name }} or {{ start|day }}"
"""The cure in messages of refusals."""

_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BETWEEN = frozenset({"data", "variable_begin", "block_begin", "comment_begin", "comment", "comment_end"})
_IFS = frozenset({"if", "elif", "else", "endif"})


def parse(environment: Environment, body: str) -> nodes.Template:
    """Parse a body within the limits; the tree is not yet checked against the allowed syntax.

    Raises:
        NotAllowed: too long, too deep, unreadable, with a statement other than `if`, or with invisible characters.

    """
    refuse_too_long(body)
    _refuse_invisible(body)
    try:
        _refuse_unbounded(environment, body)
        return environment.parse(body)
    except TemplateSyntaxError as error:
        raise NotAllowed(
            f"Line {error.lineno}: {(error.message or '')[:200].rstrip('.')}. {SHOW} or {{% if name %}}"
        ) from None


def refuse_too_long(body: str) -> None:
    """Refuse a body that is too long, before anything else reads it.

    Raises:
        NotAllowed: it is too long.

    """
    if len(body) > LONGEST_BODY:
        raise NotAllowed(f"{len(body):,} characters, {LONGEST_BODY:,} at most: shorten it")


def refused(line: int, what: str) -> NotAllowed:
    """The error for a line that is not allowed: what is wrong, and what to write instead."""
    return NotAllowed(f"Line {line}: {what}")


def _refuse_invisible(body: str) -> None:
    for number, text in enumerate(body.split("\n"), 1):
        for sign in text:
            if sign in _DIRECTIONS or (unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\t\r"):
                raise refused(number, f"the invisible character U+{ord(sign):04X}. Delete it, or type the text anew")


def _refuse_unbounded(environment: Environment, body: str) -> None:
    """Refuse bodies that would make the parser recurse deeply or work long; reading tokens needs no stack."""
    depth = tags = length = 0
    before = ""
    for line, kind, value in environment.lex(body):
        if kind == "whitespace":
            continue
        _refuse_token(line, kind, value, opens=before == "block_begin")
        length = length + 1 if kind not in _BETWEEN else 0
        tags += kind in {"variable_begin", "block_begin"}
        if before == "block_begin":
            depth += (value == "if") - (value == "endif")
        before = kind
        if length > LONGEST_TAG:
            raise refused(line, f"more than {LONGEST_TAG} words and signs in one tag. Make several of it")
        if depth > DEEPEST:
            raise refused(
                line, f"more than {DEEPEST} {{% if %}} within each other. Write {{% elif %}}, or a wording for each"
            )
        if tags > MOST_TAGS:
            raise refused(line, f"more than {MOST_TAGS} tags. Shorten it")


def _refuse_token(line: int, kind: str, value: str, *, opens: bool) -> None:
    match kind:
        case "raw_begin":
            raise refused(line, "{% raw %} is not allowed. For brackets write {{ '{{' }}")
        case "data" if "((" in value:
            raise refused(line, "'((' was not converted. Write {{ name }}; for the brackets themselves {{ '((' }}")
        case "string" if len(value) > LONGEST_LITERAL or "\\" in value:
            raise refused(
                line, f"quoted text has no \\ and {LONGEST_LITERAL} characters at most. Write it outside the tag"
            )
        case "integer" | "float" if len(value) > LONGEST_NUMBER:
            raise refused(line, "numbers are not allowed in tags. Write text outside")
        case "name" if opens and value not in _IFS:
            raise refused(
                line, f"{{% {value[:20]} %}} is not allowed, {{% if %}} alone is. Lists: {{{{ visits|lines }}}}"
            )
