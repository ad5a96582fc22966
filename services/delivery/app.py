"""The delivery service: what is due goes out, once; receipts come back."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

from aiohttp import ClientTimeout
from faststream import FastStream

from services.delivery.claiming.claims import Claimed, Claims
from services.delivery.claiming.erasure import Erasure
from services.delivery.claiming.overdue import Overdue
from services.delivery.composing.calendars import Organiser
from services.delivery.composing.writing import Writer
from services.delivery.forms import FORMS
from services.delivery.incoming.inbox import Inbox
from services.delivery.incoming.missed_texts import MissedTexts
from services.delivery.incoming.texts import Texts
from services.delivery.incoming.unsubscribes import Unsubscribes
from services.delivery.providers.message import Provider
from services.delivery.providers.rate import EvenRate
from services.delivery.providers.smtp_mail import SmtpRelay
from services.delivery.providers.twilio_sms import RETRIES, Twilio
from services.delivery.sending import records
from services.delivery.sending.receipt_polling import ReceiptPoller
from services.delivery.sending.receipts import Receipts
from services.delivery.sending.records import SendResult
from services.delivery.sending.sender import Sender
from services.delivery.sending.unknown import Reconciler
from services.delivery.settings import Settings
from shared.events.topic_names import INBOUND, RECEIPTS
from shared.kafka import client
from shared.kafka.outbox import Relay
from shared.platform import database
from shared.schedule.task_escalation import Deadlines
from shared.security.signed_links import unsubscribe_url
from shared.service.service import Service, application
from shared.settings import load

log = logging.getLogger("cocreate.delivery")

NAME = "delivery"
WORDS = Path(__file__).parent / "templates"
INBOUND_GROUP = "cocreate.delivery.inbound"
RELAY_SECONDS = 0.2
RECONCILE_SECONDS = 1.0
ERASE_SECONDS = 3600.0
OVERDUE_SECONDS = 30.0
SILENT_SECONDS = 30.0
MISSED_SECONDS = 15.0
CLOSE_SECONDS = 25.0  # Kubernetes gives 30 before it kills


def provider_of_texts(settings: Settings) -> Twilio:
    """Who delivers texts."""
    timeout = settings.twilio_timeout
    return Twilio(
        settings.twilio_account_sid,
        settings.twilio_secret,
        settings.twilio_sender,
        settings.public_url.rstrip("/") + "/twilio/status" + RETRIES,
        settings.twilio_api_url,
        settings.in_flight,
        ClientTimeout(total=timeout, connect=timeout / 4, sock_read=timeout * 3 / 4),
        settings.twilio_api_key,
    )


def writer(settings: Settings) -> Writer:
    """Puts messages into words."""
    unsubscribe = partial(unsubscribe_url, settings.public_url, settings.signer())
    return Writer(settings.sms_answers, Organiser(settings.mail_from, settings.mail_name), unsubscribe)


class Delivery:
    """The parts of the running service."""

    def __init__(self, service: Service, settings: Settings, texts: Twilio, mails: SmtpRelay) -> None:
        self._service = service
        self._settings = settings
        channels: dict[str, Provider] = {"sms": texts, "email": mails}
        self.channels = channels
        self._claims = Claims(
            pool=service.pool,
            encryption=service.encryption,
            policy=settings.policy(),
            writer=writer(settings),
            lease_in=settings.lease_in,
        )
        paces = {"sms": EvenRate(settings.sms_rate), "email": EvenRate(settings.mail_rate)}
        self.sender = Sender(self._claim, self._record, channels, paces, settings.in_flight, settings.lease_in)
        grace = timedelta(seconds=settings.grace_seconds)
        self.reconciler = Reconciler(service.pool, service.encryption, channels, grace)
        self.receipts = Receipts(service.pool, service.encryption)
        first = timedelta(seconds=settings.silent_seconds)
        self.silent = ReceiptPoller(service.pool, texts, self.receipts.take, lambda: self.sender.blocked, first)
        replies = Texts(service.pool, service.encryption, settings.terms())
        self.inbox = Inbox(Unsubscribes(service.pool), replies)
        self.missed = MissedTexts(service.pool, texts, self.inbox.take)
        self.erasure = Erasure(service.pool, timedelta(days=settings.content_days))

    async def _claim(self, limit: int, blocked: frozenset[str]) -> tuple[list[Claimed], int]:
        self._service.health.did("claims")
        return await self._claims.claim(limit, blocked)

    async def _record(self, results: list[SendResult]) -> None:
        """Write outcomes down. One that our own fault keeps out is found as unknown when its lease ends."""
        where, retry = database.where(self._settings.database_url), timedelta(seconds=self._settings.retry_seconds)
        try:
            await database.retry_while_unavailable(lambda: records.record(self._service.pool, results, retry), where)
        except Exception as error:  # noqa: BLE001 - one outcome's fault must not keep the others from the record
            if len(results) == 1:
                message_id = results[0].claimed.letter.message_id
                log.error("what became of %s is not on record: %s", message_id, type(error).__name__)  # noqa: TRY400
                return
            for result in results:
                await self._record([result])


def create_app(settings: Settings | None = None) -> FastStream:
    """The service, ready to run: `faststream run --factory services.delivery.app:create_app`."""
    settings = settings or load(Settings)
    service = Service(
        name=NAME, settings=settings, broker=client.broker(settings, NAME), encryption=settings.encryption()
    )
    parts: list[Delivery] = []

    @asynccontextmanager
    async def delivery(service: Service) -> AsyncIterator[None]:
        mails = SmtpRelay(settings.smtp_url, settings.mail_from, settings.mail_name)
        parts[:] = [Delivery(service, settings, provider_of_texts(settings), mails)]
        producer = client.producer(settings, NAME)
        await producer.start()
        service.loops.every(RELAY_SECONDS, "outbox", Relay(service.pool, producer).run_once)
        try:
            yield
        finally:
            await service.loops.stop()
            await client.stop(producer)
            for channel in parts[0].channels.values():
                await channel.close()

    async def opened(service: Service) -> None:
        await service.ship(WORDS, FORMS)

    async def started(service: Service) -> None:
        sender = parts[0].sender
        service.loops.every(settings.poll_every, "claims", sender.run_once)
        service.loops.every(0.0, "records", sender.flush)
        service.loops.every(RECONCILE_SECONDS, "unknowns", parts[0].reconciler.run_once)
        service.loops.every(SILENT_SECONDS, "silent", parts[0].silent.run_once)
        if settings.sms_answers:  # a sender that cannot receive has no list of what came
            service.loops.every(MISSED_SECONDS, "missed texts", parts[0].missed.run_once)
        service.loops.every(ERASE_SECONDS, "erasure", parts[0].erasure.run_once)
        service.loops.every(5.0, "lag", service.watch)
        service.loops.every(OVERDUE_SECONDS, "overdue", Overdue(service.pool).run_once)
        service.loops.every(OVERDUE_SECONDS, "tasks", Deadlines(service.pool).run_once)

    async def stopping() -> None:
        await parts[0].sender.close(CLOSE_SECONDS)

    service.consume(RECEIPTS, lambda: parts[0].receipts.take)
    service.consume(INBOUND, lambda: parts[0].inbox.take, INBOUND_GROUP)
    return application(service, opened, started, resources=[delivery], stopping=stopping)
