"""Checks a wording against the form of its message: each placeholder is declared, and used by its kind."""

from collections.abc import Iterable, Mapping

from shared.words.forms import GENERAL_FIELDS, Choice, Field, Form
from shared.words.syntax import PLACE_ATTRIBUTES, Compared, Shown, Tested, Use, likely
from shared.words.wording import DoesNotFit

OF_VISITS = (Field.VISITS, Field.SERIES, Field.OTHERS)

SHOWN_BY: Mapping[str, tuple[Field, ...]] = {
    "day": (Field.INSTANT,),
    "on": (Field.INSTANT,),
    "time": (Field.INSTANT,),
    "between": (Field.INSTANT,),
    "lines": OF_VISITS,
    "listed": OF_VISITS,
    "dated": OF_VISITS,
    "phones": OF_VISITS,
    "agendas": (Field.AGENDAS,),
    "coming": (Field.ATTENDANCE,),
    "attendance": (Field.ATTENDANCE,),
}
"""Filter → the kinds of fields that it shows."""

_HOW = {
    Field.TEXT: "a text: write {{{{ {0} }}}} or {{% if {0} %}}",
    Field.INSTANT: "an instant: write {{{{ {0}|day }}}}, |on, |time or |between(another), or {{% if {0} != another %}}",
    Field.PLACE: "a place: write {{{{ {0}.name }}}}, .address, .phone or .sender",
    Field.FLAG: "true or false: write {{% if {0} %}} or {{% if not {0} %}}",
    Field.VISITS: "several appointments: write {{{{ {0}|lines }}}}, |listed, |dated or |phones",
    Field.SERIES: "appointments of several days: write {{{{ {0}|lines }}}}, |listed, |dated or |phones",
    Field.OTHERS: "appointments, or none: write {{% if {0} %}}, and in it {{{{ {0}|listed }}}}, |dated or |phones",
    Field.LINK: "a link: write {{% if join == 'link' %}} and in it {{{{ {0} }}}}",
    Field.AGENDAS: "a clinician's day: write {{{{ {0}|agendas }}}}",
    Field.ATTENDANCE: "who comes: write {{{{ {0}|coming }}}} for the counts, or |attendance for these and the names",
}


def refuse_misuse(uses: Iterable[Use], form: Form) -> None:
    """Refuse placeholders that the form does not declare, or that are not used by their kind.

    Raises:
        DoesNotFit: a placeholder is not declared, or not used by its kind.

    """
    fields = {**GENERAL_FIELDS, **form.fields}
    for use in uses:
        match use:
            case Shown(filter=""):
                kinds = (Field.PLACE,) if use.attribute else (Field.TEXT, Field.LINK)
                _expect(use.line, use.name, fields, *kinds)
            case Shown():
                for name in (use.name, *use.others):
                    _expect(use.line, name, fields, *SHOWN_BY[use.filter])
            case Tested(attribute=""):
                _expect(use.line, use.name, fields, Field.FLAG, Field.TEXT, Field.LINK, Field.OTHERS)
            case Tested():
                _expect(use.line, use.name, fields, Field.PLACE)
            case Compared(code=None):
                _expect_alike(use, fields)
            case Compared():
                _expect_code(use, fields)


def _field(line: int, name: str, fields: Mapping[str, Field | Choice]) -> Field | Choice:
    if name not in fields:
        ways = {
            f"{known}.{attribute}" for known in fields if fields[known] is Field.PLACE for attribute in PLACE_ATTRIBUTES
        }
        known = ", ".join(sorted(fields))
        raise DoesNotFit(f"Line {line}: {name} is unknown here; known are {known}.{likely(name, ways | set(fields))}")
    return fields[name]


def _how(name: str, field: Field | Choice) -> str:
    if isinstance(field, Choice):
        return f"one of {', '.join(field.of)}, and never shown: write {{% if {name} == '{field.of[0]}' %}}"
    return _HOW[field].format(name)


def _expect(line: int, name: str, fields: Mapping[str, Field | Choice], *kinds: Field) -> None:
    field = _field(line, name, fields)
    if field not in kinds:
        raise DoesNotFit(f"Line {line}: {name} is {_how(name, field)}")


def _expect_alike(use: Compared, fields: Mapping[str, Field | Choice]) -> None:
    """Refuse a comparison, except of two instants, two places, or two choices that share a code."""
    one, other = (_field(use.line, name, fields) for name in (use.name, use.other))
    match one, other:
        case Choice(), Choice() if set(one.of) & set(other.of):
            return
        case (Field.INSTANT, Field.INSTANT) | (Field.PLACE, Field.PLACE):
            return
    ways = f"{use.name} is {_how(use.name, one)}; {use.other} is {_how(use.other, other)}"
    raise DoesNotFit(f"Line {use.line}: {use.name} and {use.other} cannot be compared: {ways}")


def _expect_code(use: Compared, fields: Mapping[str, Field | Choice]) -> None:
    field = _field(use.line, use.name, fields)
    code = use.code or ""
    if not isinstance(field, Choice):
        raise DoesNotFit(f"Line {use.line}: {use.name} has no codes. It is {_how(use.name, field)}")
    if code not in field.of:
        known = ", ".join(field.of)
        raise DoesNotFit(f"Line {use.line}: {use.name} is never '{code}', but {known}.{likely(code, field.of)}")
