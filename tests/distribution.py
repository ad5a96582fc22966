"""Distributes tests to workers: a file to one of them, and every file that needs the Kafka to the same one.

Not by `--dist=loadgroup`: it hands over groups within node ids, which pytest 9.2 keeps from plugins, and then runs each
test wherever there is room, without a word: two Kafkas, and each module's services twice.
https://github.com/pytest-dev/pytest-xdist/issues/1386
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

KAFKA_GROUP = "the Kafka's"

KAFKA_PATHS = ("tests/journeys/", "tests/shared/kafka/", "tests/test_engines.py")
"""Where tests may ask for the Kafka: known before anything is collected, as workers and their scheduler need it."""


def group_of(nodeid: str) -> str:
    """The name of what a test shares its worker with."""
    return KAFKA_GROUP if nodeid.startswith(KAFKA_PATHS) else nodeid.partition("::")[0]


def strays(items: "list[pytest.Item]") -> list[str]:
    """The tests that ask for the Kafka outside of `KAFKA_PATHS`: a second worker would start a second one."""
    return [item.nodeid for item in items if needs_kafka(item) and group_of(item.nodeid) != KAFKA_GROUP]


def needs_kafka(item: "pytest.Item") -> bool:
    """Whether a test asks for the Kafka, or for what does."""
    return "kafka" in getattr(item, "fixturenames", ())
