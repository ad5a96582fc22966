"""A running service: how short the way of an event from Kafka to its rule is."""

import json
import traceback
from dataclasses import replace
from pathlib import Path

from faststream.kafka import TestKafkaBroker

from services.prompts.app import planner
from services.prompts.policy import Policy
from services.prompts.rules import plan
from services.prompts.settings import Settings
from shared.clinic.appointment import APPOINTMENTS
from shared.kafka import client
from shared.planning.engine import Engine
from shared.rules.plan import Facts, Plan, SentHistory
from shared.service.service import Service
from tests.harness import Harness, appointment

OURS = tuple(str(Path(__file__).resolve().parents[3] / folder) for folder in ("services", "shared"))
MOST_FRAMES = 4


async def test_few_frames_lie_between_kafka_and_a_rule(harness: Harness) -> None:
    """From the handler that Kafka's client calls to the rule's first line about an appointment, four frames of ours."""
    walked: list[list[str]] = []

    def rule(facts: Facts, told: SentHistory, policy: Policy) -> Plan:
        stack = (frame for frame in traceback.extract_stack() if frame.filename.startswith(OURS))
        walked.append([frame.name for frame in stack])
        return plan(facts, told, policy)

    engine = Engine(replace(planner(Policy()), plan=rule), harness.pool, harness.encryption)
    settings = Settings.model_construct(kafka_url="localhost:1", database_url="postgresql://nowhere", instance=None)
    service = Service(
        name=engine.planner.name,
        settings=settings,
        broker=client.broker(settings, engine.planner.name),
        encryption=harness.encryption,
    )
    service.consume(APPOINTMENTS, lambda: engine.take)
    async with TestKafkaBroker(service.broker) as broker:
        await broker.publish(json.dumps(appointment("1")).encode(), topic=APPOINTMENTS)
    assert [row["kind"] for row in await harness.messages()] == ["agenda", "reminder"]
    assert walked == [["batch", "take", "handle", "decide"]]
    assert len(walked[0]) <= MOST_FRAMES
