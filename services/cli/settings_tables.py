"""Tables of settings in the documents, made of the fields that the services read: `make docs` writes them.

A table stands between `<!-- settings of NAME, made by make docs -->` and `<!-- end -->`.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from services.cli.catalogue import CATALOGUE, entries
from shared.rules.policy import ClinicDefaults, PlannerPolicy, Policy, is_fixed, source_of
from shared.settings import Connections, KafkaConnection, example, policy_of, variables, written

ROOT = Path(__file__).resolve().parents[2]
OPERATING = "docs/operating.md"
EVERY_SERVICE, WITH_PATIENTS = "every service", "services that know patients"

MARKED = re.compile(r"(<!-- settings of ([\w ]+), made by make docs -->\n).*?(<!-- end -->)", re.DOTALL)

SPANS = ((timedelta(weeks=1), "week"), (timedelta(days=1), "day"), (timedelta(hours=1), "hour"))


def write() -> None:
    """Write `.env.example` and every table afresh."""
    (ROOT / ".env.example").write_text(variables_file())
    for page, text in pages().items():
        (ROOT / page).write_text(text)


def variables_file() -> str:
    """The text of `.env.example`."""
    return example(*(entry.settings for entry in entries())) + "\n"


def pages() -> Mapping[str, str]:
    """Each document that has such tables, as it should be."""
    made = tables()
    names = (OPERATING, *(entry.page for entry in entries(CATALOGUE)))
    return {name: filled((ROOT / name).read_text(), made) for name in names}


def filled(document: str, made: Mapping[str, str]) -> str:
    """The document with these tables in their places."""
    return MARKED.sub(lambda place: f"{place[1]}{made[place[2]]}{place[3]}", document)


def tables() -> Mapping[str, str]:
    """Every table by its name."""
    made = {
        EVERY_SERVICE: _variables(KafkaConnection, None),
        WITH_PATIENTS: _variables(Connections, KafkaConnection),
    }
    for entry in entries(CATALOGUE):
        policies = [(name, one) for name, field in entry.settings.model_fields.items() if (one := policy_of(field))]
        if policies:
            made[entry.name] = "".join(_numbers(entry.settings, name, policy) for name, policy in policies)
        else:
            made[entry.name] = _variables(entry.settings, Connections)
    return made


def _variables(settings: type[BaseSettings], without: type[BaseSettings] | None) -> str:
    """Variable, default and meaning of what these settings read, and those do not."""
    others = dict(variables(without)) if without else {}
    return _table(
        ("Variable", "Default", "Meaning"),
        (
            (f"`{name}`", "required" if field.is_required() else _default(field), _meaning(field))
            for name, field in variables(settings)
            if name not in others
        ),
    )


def _meaning(field: FieldInfo) -> str:
    return f"{field.description} ({source_of(field)})" if source_of(field) else str(field.description)


def _numbers(settings: type[BaseSettings], prefix: str, policy: type[Policy]) -> str:
    """Every number of a policy, its own first, with where it comes from, whether it can be set or not."""
    named = {name.lower(): name for name, _ in variables(settings)}
    start = settings.model_config.get("env_prefix", "").lower()
    return _table(
        ("`policy.py`", "Default", "Meaning", "Setting", "Source"),
        (
            (
                f"`{name}`",
                _default(field),
                str(field.description),
                "" if is_fixed(field) else f"`{named[f'{start}{prefix}_{name}']}`",
                source_of(field),
            )
            for name, field in sorted(policy.model_fields.items(), key=lambda one: one[0] in PlannerPolicy.model_fields)
            if name not in ClinicDefaults.model_fields
        ),
    )


def _default(field: FieldInfo) -> str:
    """A default as people read it."""
    match field.default:
        case timedelta() as span:
            return _span(span)
        case (timedelta(), *_) as spans:
            return ", ".join(map(_span, spans))
        case _:
            return f"`{text}`" if (text := written(field)) else "none"


def _span(span: timedelta) -> str:
    """In the largest unit of which it is three or more: nobody calls 48 hours two days."""
    for unit, name in SPANS:
        if span % unit == timedelta() and span >= 3 * unit:
            return f"{span // unit} {name}s"
    hours = span / timedelta(hours=1)
    return f"{hours:g} hour{'' if hours == 1 else 's'}" if hours >= 1 else f"{span // timedelta(minutes=1)} minutes"


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, *rows]
    body = ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
    return "\n".join([body[0], "|" + "---|" * len(head), *body[1:]]).replace("|  |", "| |") + "\n"


if __name__ == "__main__":
    write()
