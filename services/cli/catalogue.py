"""Every service, once. What the command runs, checks, rehearses and documents it takes from here, and so do the tests.

A service is loaded when somebody asks for it: a process runs one and must not load the parts of another, and the
sandbox is not in the production image.
"""

# ruff: noqa: PLC0415 - loaded when somebody asks

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # they take seconds to load, and `cocreate --help` none
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from faststream import FastStream
    from pydantic_settings import BaseSettings

    from shared.planning.planner import Planner
    from shared.rules.policy import PlannerPolicy
    from shared.words.forms import Form


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """A service, with whatever others need to know of it.

    Attributes:
        name: of its folder and its process; of a planner that of its schema as well.
        settings: what it reads from the environment.
        create_app: builds it from its settings, where it reads Kafka.
        serve: opens it with its settings, where it has a door instead.
        planner: everything that makes it a planner, from its settings.
        for_patients: whether what it plans is for patients, and so for a rehearsal.
        awaited: whether nothing is sent until it has read all that it reads.
        words, forms: the folder of what it says, and what each of its messages may say.

    """

    name: str
    settings: type[BaseSettings]
    create_app: Callable[[Any], FastStream] | None = None
    serve: Callable[[Any], AbstractAsyncContextManager[object]] | None = None
    planner: Callable[[Any], Planner[Any]] | None = None
    for_patients: bool = False
    awaited: bool = False
    words: Path | None = None
    forms: tuple[Form, ...] = ()

    @property
    def page(self) -> str:
        """The document that explains it."""
        return f"services/{self.name}/README.md"


def _planner(
    settings: type[BaseSettings],
    create_app: Callable[[Any], FastStream],
    planner: Callable[[Any], Planner[Any]],
    policy: PlannerPolicy,
    *,
    for_patients: bool = True,
) -> CatalogueEntry:
    """A planner's entry: all but its settings is in what makes it one."""
    made = planner(policy)
    return CatalogueEntry(
        name=made.name,
        settings=settings,
        create_app=create_app,
        planner=lambda given: planner(given.policy()),
        for_patients=for_patients,
        awaited=True,
        words=made.words,
        forms=made.forms,
    )


def _people() -> CatalogueEntry:
    from services.people.app import create_app
    from services.people.settings import Settings

    return CatalogueEntry(name="people", settings=Settings, create_app=create_app, awaited=True)


def _prompts() -> CatalogueEntry:
    from services.prompts.app import create_app, planner
    from services.prompts.policy import Policy
    from services.prompts.settings import Settings

    return _planner(Settings, create_app, planner, Policy())


def _followup() -> CatalogueEntry:
    from services.followup.app import create_app, planner
    from services.followup.policy import Policy
    from services.followup.settings import Settings

    return _planner(Settings, create_app, planner, Policy())


def _reunions() -> CatalogueEntry:
    from services.reunions.app import create_app, planner
    from services.reunions.policy import Policy
    from services.reunions.settings import Settings

    return _planner(Settings, create_app, planner, Policy())


def _cards() -> CatalogueEntry:
    from services.cards.app import create_app, planner
    from services.cards.policy import Policy
    from services.cards.settings import Settings

    return _planner(Settings, create_app, planner, Policy(), for_patients=False)


def _delivery() -> CatalogueEntry:
    from services.delivery.app import WORDS, create_app
    from services.delivery.forms import FORMS
    from services.delivery.settings import Settings

    return CatalogueEntry(name="delivery", settings=Settings, create_app=create_app, words=WORDS, forms=FORMS)


def _gateway() -> CatalogueEntry:
    from services.gateway.app import serve
    from services.gateway.settings import Settings

    return CatalogueEntry(name="gateway", settings=Settings, serve=serve)


def _sandbox() -> CatalogueEntry:
    from services.sandbox.app import Sandbox
    from services.sandbox.settings import Settings

    return CatalogueEntry(name="sandbox", settings=Settings, serve=Sandbox)


CATALOGUE: Mapping[str, Callable[[], CatalogueEntry]] = MappingProxyType(
    {
        "people": _people,
        "prompts": _prompts,
        "followup": _followup,
        "reunions": _reunions,
        "cards": _cards,
        "delivery": _delivery,
        "gateway": _gateway,
        "sandbox": _sandbox,
    }
)

PRODUCTION = tuple(name for name in CATALOGUE if name != "sandbox")
"""What runs in production."""


def entries(names: Iterable[str] = PRODUCTION) -> tuple[CatalogueEntry, ...]:
    """These services, loaded."""
    return tuple(CATALOGUE[name]() for name in names)
