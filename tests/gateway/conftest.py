"""A broker of its own for each test: what lies in the topic was written by this test."""

from collections.abc import AsyncIterator, Iterator

import pytest
from pydantic import SecretStr

from services.gateway.settings import Settings
from shared.clinic.appointment import APPOINTMENTS
from shared.clinic.courses import COURSES
from shared.clinic.goal import GOALS
from shared.clinic.patient import PATIENTS
from shared.embedded import EmbeddedKafka
from shared.events.topic_names import INBOUND, RECEIPTS
from tests.gateway.gateway_harness import LINK_KEY, OLD_LINK_KEY, OLD_TOKEN, PUBLIC, TOKEN, Door, opened
from tests.gateway.posting import ENTRIES, Clinic


@pytest.fixture
def broker() -> Iterator[EmbeddedKafka]:
    """A broker with the topics, and nothing in them."""
    with EmbeddedKafka() as broker:
        broker.create_topic(RECEIPTS, 2)
        broker.create_topic(INBOUND, 2)
        broker.create_topic(APPOINTMENTS, 2)
        broker.create_topic(PATIENTS, 2)
        broker.create_topic(GOALS, 2)
        broker.create_topic(COURSES, 2)
        yield broker


@pytest.fixture
def settings(broker: EmbeddedKafka) -> Settings:
    """Settings in the middle of a rotation of tokens and keys."""
    return Settings(
        kafka_url=broker.url,
        public_url=PUBLIC,
        twilio_auth_token=TOKEN,
        twilio_auth_token_old=OLD_TOKEN,
        link_keys=f"{LINK_KEY},{OLD_LINK_KEY}",
        gateway_port=0,
        health_port=0,
    )


@pytest.fixture
async def door(settings: Settings) -> AsyncIterator[Door]:
    """A gateway that is served."""
    async with opened(settings) as door:
        yield door


@pytest.fixture
def open_to_clinics(settings: Settings) -> Settings:
    """Settings of a gateway to which clinics may post."""
    return settings.model_copy(update={"event_tokens": SecretStr(ENTRIES)})


@pytest.fixture
async def clinic(open_to_clinics: Settings) -> AsyncIterator[Clinic]:
    """A clinic, and the gateway to which it posts."""
    async with opened(open_to_clinics) as door:
        yield Clinic(door)
