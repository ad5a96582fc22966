"""Converts the placeholders of NHS Notify and GOV.UK Notify, which many operators know, to Jinja.

`((first name))` becomes `{{ first_name }}`; `((by patient??You asked for this.))` becomes
`{% if by_patient %}You asked for this.{% endif %}`.
Names are read as Notify reads them: upper or lower case, with spaces, hyphens or underscores
(https://www.notifications.service.gov.uk/using-notify/personalisation).
"""

import re
from collections.abc import Iterator

from shared.words.bounds import refuse_too_long
from shared.words.wording import NotAllowed

_PIECES = re.compile(
    r"""(?P<tag> \{\{ (?:(?!\{\{|\}\}).)* \}\} | \{% (?:(?!\{%|%\}).)* %\} | \{\# (?:(?!\{\#|\#\}).)* \#\} )  # stay
      | (?P<open> \({4,} | \(\( (?!\() )  # of three brackets the inner two, as Notify has it
      | (?P<close> \)\) )""",
    re.VERBOSE | re.DOTALL,
)
"""A tag ends before the next one of its kind: else a body of nothing but `{{` would be read to its end each time."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 _-]*(?:\.[A-Za-z]+)?(?: *\| *[a-z]+)?")
_SHOW = "Write ((name)) or {{ name }}; for the brackets themselves write {{ '((' }}"
_CHOOSE = "write {% if name %}…{% endif %} instead"


def convert(body: str) -> str:
    """Convert each `((name))` and `((name??text))` of a body to Jinja; idempotent.

    A name may have an attribute or a filter: `((place.name))`, `((start|day))`. Text within `{{ }}`, `{% %}` and
    `{# #}` is left as it is, and so is a `))` without an opening `((`.

    Raises:
        NotAllowed: the body is too long; or a `((` is never closed, holds no name, or holds another `((`.

    """
    refuse_too_long(body)
    return "".join(_converted(body))


def _converted(body: str) -> Iterator[str]:
    inner: list[str] | None = None  # what has been read since "((", and None outside
    bare = ""  # the same without Jinja's tags
    line = end = 0
    for piece in _PIECES.finditer(body):
        text, end = body[end : piece.start()], piece.end()
        if inner is None:
            yield text
        else:
            inner.append(text)
            bare += text
        match piece.lastgroup, inner:
            case "open", None if len(piece[0]) == len("(("):
                inner, bare, line = [], "", body.count("\n", 0, piece.start()) + 1
            case "open", _:
                raise NotAllowed(f"Line {line}: a '((' stands within another: {_CHOOSE}")
            case "close", list():
                yield _jinja("".join(inner), bare, line)
                inner = None
            case _, None:
                yield piece[0]
            case _, list():
                inner.append(piece[0])
    if inner is not None:
        raise NotAllowed(f"Line {line}: a '((' has no '))'. {_SHOW}")
    yield body[end:]


def _jinja(inner: str, bare: str, line: int) -> str:
    """Convert one placeholder: `inner` is the text between its brackets, `bare` the same without Jinja's tags."""
    name, chooses, text = inner.partition("??")
    if not _NAME.fullmatch(name.strip()):
        raise NotAllowed(f"Line {line}: between '((' and '))' stands no name. {_SHOW}")
    if not chooses:
        return f"{{{{ {_named(name)} }}}}"
    if "(" in bare or ")" in bare:  # which of them would close it?
        raise NotAllowed(f"Line {line}: brackets stand within ((…??…)): {_CHOOSE}")
    if "|" in name:
        raise NotAllowed(f"Line {line}: before '??' stands a filter. Write the name alone, like ((by_patient??…))")
    return f"{{% if {_named(name)} %}}{text}{{% endif %}}"


def _named(name: str) -> str:
    name, shown, how = name.partition("|")
    return re.sub(r"[ _-]+", "_", name.strip().lower()) + shown + how.strip()
