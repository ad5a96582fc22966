"""The subset of Jinja that wordings may use: text, `{{ name }}`, `{{ name|filter }}`, `{% if %}`, and nothing else.

Jinja's sandbox alone is not enough: `{{ lipsum(n=50000) }}` costs seconds when it is filled, `{{ 'a' * 100000000 }}`
100 MB when it is compiled, for the compiler computes constants. So the tree is checked against this list before.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from jinja2 import nodes

from shared.words.bounds import SHOW, refused
from shared.words.speech import FILTERS
from shared.words.wording import NotAllowed

PLACE_ATTRIBUTES = ("name", "address", "phone", "sender")
"""The attributes of a place that a wording may use."""
RESERVED = frozenset({"now", "self", "loop", "super", "caller", "varargs", "kwargs"})
"""Names that Jinja or a filter uses, which cannot be placeholders."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ASK = "Write {% if name %}, {% if not name %}, {% if mode == 'video' %}, or several of them with `and` and `or`"
_INSTEAD = {
    nodes.Call: "calls are not allowed: a wording shows what its message brings",
    nodes.Getitem: "[ ] is not allowed",
    nodes.CondExpr: "`if` stands in {% if name %}…{% else %}…{% endif %} alone",
    nodes.Concat: "~ is not allowed: put one {{ name }} after the other",
    nodes.UnaryExpr: "calculating is not allowed: a wording shows what its message brings",
    nodes.BinExpr: "calculating is not allowed: a wording shows what its message brings",
    nodes.Test: "`is` is not allowed",
    nodes.Compare: "a comparison stands in {% if %} alone",
    nodes.Const: "true, false, none, numbers and 'quoted text' do not stand by themselves here",
    nodes.Literal: "lists and tables are not allowed",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """`{{ name }}`, `{{ name.attribute }}` or `{{ name|filter(other) }}`."""

    line: int
    name: str
    attribute: str = ""
    filter: str = ""
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tested:
    """`{% if name %}` or `{% if name.attribute %}`."""

    line: int
    name: str
    attribute: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """`{% if name == 'code' %}`, or with `other` the name of another field: `{% if old != start %}`."""

    line: int
    name: str
    code: str | None
    other: str = ""


Use = Shown | Tested | Compared


def uses(template: nodes.Template) -> tuple[Use, ...]:
    """The uses of placeholders in a wording, in the order of its text.

    Raises:
        NotAllowed: it uses syntax that is not on the list.

    """
    found = tuple(_statements(template.body))
    words = (*template.find_all(nodes.TemplateData), *template.find_all(nodes.Const))
    if not found and not any(word.as_const().strip() for word in words):
        raise NotAllowed("it says nothing: write what the patient shall read")
    return found


def likely(word: str, known: Collection[str]) -> str:
    """The question `Did you mean day?`, where a known word is near; else empty."""
    near = get_close_matches(word, sorted(known), n=1)
    return f" Did you mean {near[0]}?" if near else ""


def _statements(body: Sequence[nodes.Node]) -> Iterator[Use]:
    for node in body:
        match node:
            case nodes.Output():
                for shown in node.nodes:
                    yield from _shown(shown)
            case nodes.If():
                yield from _asked(node.test)
                yield from _statements([*node.body, *node.elif_, *node.else_])
            case _:
                raise refused(node.lineno, f"{type(node).__name__} is not allowed. {SHOW} or {{% if name %}}")


def _shown(node: nodes.Node) -> Iterator[Use]:
    match node:
        case nodes.TemplateData() | nodes.Const(value=str()):
            pass
        case nodes.Name():
            yield Shown(node.lineno, _name(node))
        case nodes.Getattr():
            yield Shown(node.lineno, *_attribute(node))
        case nodes.Filter():
            yield Shown(node.lineno, _name(node.node), "", _filter(node), tuple(map(_name, node.args)))
        case _:
            raise _refused_node(node, SHOW)


def _asked(node: nodes.Node) -> Iterator[Use]:
    match node:
        case nodes.And() | nodes.Or():
            yield from _asked(node.left)
            yield from _asked(node.right)
        case nodes.Not():
            yield from _asked(node.node)
        case nodes.Compare():
            yield _compared(node)
        case nodes.Getattr():
            yield Tested(node.lineno, *_attribute(node))
        case nodes.Name():
            yield Tested(node.lineno, _name(node))
        case _:
            raise _refused_node(node, _ASK)


def _compared(node: nodes.Compare) -> Compared:
    if len(node.ops) != 1 or node.ops[0].op not in {"eq", "ne"}:
        raise refused(node.lineno, "only one == or != at a time is allowed. Join several with `and` or `or`")
    match node.expr, node.ops[0].expr:
        case nodes.Name() as name, nodes.Const(value=str(code)):
            return Compared(node.lineno, _name(name), code)
        case nodes.Name() as name, nodes.Name() as other:
            return Compared(node.lineno, _name(name), None, _name(other))
        case _:
            raise refused(
                node.lineno, f"a comparison has a name on the left, and a 'code' or a name on the right. {_ASK}"
            )


def _name(node: nodes.Node | None) -> str:
    if not isinstance(node, nodes.Name):
        raise refused(
            node.lineno if node else 1, "a filter stands behind a name, one at a time, and takes names. " + SHOW
        )
    if node.name in RESERVED:
        raise refused(node.lineno, f"the name {node.name} is nobody's data. {SHOW}")
    if not _NAME.fullmatch(node.name):
        raise refused(node.lineno, f"the name {node.name[:40]} is not allowed: names have a-z, 0-9 and _. {SHOW}")
    return node.name


def _attribute(node: nodes.Getattr) -> tuple[str, str]:
    if node.attr not in PLACE_ATTRIBUTES or not isinstance(node.node, nodes.Name):
        ways = ", ".join(f".{attribute}" for attribute in PLACE_ATTRIBUTES)
        raise refused(
            node.lineno, f".{node.attr[:40]} is not allowed: a place has {ways}.{likely(node.attr, PLACE_ATTRIBUTES)}"
        )
    return _name(node.node), node.attr


def _filter(node: nodes.Filter) -> str:
    if node.name not in FILTERS:
        known = ", ".join(FILTERS)
        raise refused(node.lineno, f"there is no filter {node.name[:40]}, but {known}.{likely(node.name, FILTERS)}")
    others = 1 if node.name == "between" else 0
    if len(node.args) != others or node.kwargs or node.dyn_args or node.dyn_kwargs:
        way = "{{ start|between(end) }}" if others else f"{{{{ name|{node.name} }}}}"
        raise refused(node.lineno, f"the filter {node.name} is not used so: write {way}")
    return node.name


def _refused_node(node: nodes.Node, cure: str) -> NotAllowed:
    instead = next((text for kind, text in _INSTEAD.items() if isinstance(node, kind)), "this is not allowed")
    return refused(node.lineno, f"{instead}. {cure}")
