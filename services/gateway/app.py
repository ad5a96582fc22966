"""The gateway application, the only public port. Each request is checked, written to Kafka, and only then answered."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from services.gateway.events import MOST_AT_ONCE, events_route
from services.gateway.goals import goals_route
from services.gateway.inbound import inbound_route
from services.gateway.issued_tokens import TokenDesk
from services.gateway.limit import Limited, RequestsInHand, door
from services.gateway.openapi import openapi_route
from services.gateway.publisher import Publisher
from services.gateway.settings import Settings
from services.gateway.signatures import Signatures
from services.gateway.status import status_route
from services.gateway.strict import UnambiguousLength
from services.gateway.unsubscribe import unsubscribe_route
from shared.clinic.submissions import TOPICS
from shared.events.topic_names import INBOUND, RECEIPTS
from shared.platform import health
from shared.platform.health import Health, serve_health
from shared.settings import load

log = logging.getLogger("cocreate.gateway")


def create_app(settings: Settings | None = None) -> Starlette:
    """The ASGI application of the public port; its lifespan runs the Kafka producer and the separate health port."""
    settings = settings or load(Settings)
    alive = Health()
    tokens = settings.token_desk()
    topics = (RECEIPTS, INBOUND, *(TOPICS if settings.takes_events else ()))
    publisher = Publisher(settings, topics, alive, settings.gateway_kafka_seconds)
    signatures = Signatures(settings.public_url, settings.auth_tokens(), door(settings.gateway_rate))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with (
            serve_health(alive, settings.health_host, settings.health_port),
            publisher.running(),
            tokens.running(),
        ):
            yield

    app = Starlette(
        routes=[
            status_route(signatures, publisher),
            inbound_route(signatures, settings.phone_key(), publisher),
            unsubscribe_route(settings.signer(), publisher),
            *(_for_clinics(tokens, publisher, settings.public_url) if settings.takes_events else ()),
        ],
        middleware=[Middleware(UnambiguousLength), Middleware(Limited, bucket=door(settings.gateway_rate))],
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # it would redirect to whatever Host says
    return app


def _for_clinics(tokens: TokenDesk, publisher: Publisher, public_url: str) -> tuple[Route, ...]:
    """The routes for clinics, which share one limit of requests in hand for each token."""
    in_hand = RequestsInHand(MOST_AT_ONCE)
    return (
        events_route(tokens, publisher, in_hand),
        goals_route(tokens, publisher, in_hand),
        openapi_route(public_url),
    )


@asynccontextmanager
async def serve(settings: Settings) -> AsyncIterator[int]:
    """Serve the public port and the health port while entered; yields the public port's number."""
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        health.serve(app, settings.gateway_host, settings.gateway_port) as port,
    ):
        log.info("gateway runs")
        yield port
