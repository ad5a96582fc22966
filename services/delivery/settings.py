"""What an operator sets about delivery, from the environment."""

import re
from datetime import timedelta
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from services.delivery.due import Policy
from services.delivery.incoming.effects import Terms
from shared.settings import Connections, LinkKeys

RECEIVES = re.compile(r"\+?[0-9]{3,15}|MG[0-9a-fA-F]{32}")
"""Senders that can be answered: numbers, short codes, messaging services. An alphanumeric one cannot
(https://www.twilio.com/docs/messaging/guides/alphanumeric-sender-id)."""


class Settings(Policy, Terms, Connections, LinkKeys):
    """Settings of the delivery service."""

    twilio_account_sid: str = Field(description="Twilio account, AC and 32 characters", pattern="^AC[0-9a-zA-Z]{32}$")
    twilio_auth_token: SecretStr | None = Field(
        default=None, description="Twilio's auth token of that account; not needed here where an API key is given"
    )
    twilio_api_key: str | None = Field(
        default=None,
        pattern="^SK[0-9a-zA-Z]{32}$",
        description="API key with which texts are sent, SK and 32 characters: it can be withdrawn by itself, and signs "
        "nothing",
    )
    twilio_api_secret: SecretStr | None = Field(default=None, description="the secret of that API key")
    twilio_sender: str = Field(
        description="the number that texts come from (E.164), or a messaging service (MG and 32 characters); a name "
        "cannot be answered"
    )
    sms_answers: bool = Field(
        default=True,
        description="whether texts ask for answers; needs a sender that can receive, and the gateway: with a name as "
        "the sender the start stops unless this is false",
    )
    twilio_api_url: str = Field(
        default="https://api.twilio.com", description="where Twilio's API is; the sandbox has another"
    )
    twilio_timeout: float = Field(default=20.0, gt=0, le=60, description="seconds for one request to Twilio")
    public_url: str = Field(
        description="address of the gateway as Twilio, and whoever unsubscribes, sees it, such as "
        "https://messages.example.org"
    )
    smtp_url: str = Field(
        description="mail relay: smtps://user:password@host:465, or smtp://user:password@host:587 (STARTTLS); never in "
        "the clear"
    )
    mail_from: str = Field(
        pattern=r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$",
        description="address that e-mail comes from, and the organiser of calendar entries: another one cuts the "
        "earlier entries off",
    )
    mail_name: str = Field(default="", description="name that e-mail comes from")
    sms_rate: float = Field(default=10.0, gt=0, le=1_000, description="texts a second from each replica")
    mail_rate: float = Field(default=10.0, gt=0, le=1_000, description="e-mails a second from each replica")
    in_flight: int = Field(default=50, ge=1, le=1_000, description="sends under way at once in each replica")
    poll_every: float = Field(
        default=0.5, gt=0, le=60, description="seconds between looks for due messages while there are none"
    )
    lease_seconds: float = Field(
        default=90.0,
        gt=0,
        description="seconds that a send may take before it counts as unknown: more than the timeout and the wait for "
        "one's turn (in flight divided by the slower rate), which the start checks",
    )
    grace_seconds: float = Field(
        default=60.0,
        ge=0,
        description="seconds that the provider's list is searched before a message counts as never sent",
    )
    silent_seconds: float = Field(
        default=900.0,
        ge=60,
        lt=86_400,
        description="seconds without a final receipt after which a text is looked up at Twilio: then, after one, six "
        "and 23 hours, and after a day no more",
    )
    retry_seconds: float = Field(
        default=30.0,
        gt=0,
        description="seconds before what the provider turned away is tried again; doubles each time, to 15 minutes",
    )

    @field_validator("smtp_url")
    @classmethod
    def _no_plaintext(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"smtp", "smtps", "smtp+plain"}:
            message = "begins with smtps:// or smtp://"
            raise ValueError(message)
        if parts.scheme == "smtp+plain" and parts.hostname not in {"127.0.0.1", "localhost", "sandbox"}:
            message = "plaintext is for the sandbox alone: use smtps:// or smtp:// (STARTTLS)"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _can_log_in(self) -> Self:
        if (self.twilio_api_key is None) != (self.twilio_api_secret is None):
            message = "COCREATE_TWILIO_API_KEY and COCREATE_TWILIO_API_SECRET go together: set both"
            raise ValueError(message)
        if self.twilio_api_key is None and self.twilio_auth_token is None:
            message = "COCREATE_TWILIO_API_KEY with its secret, or COCREATE_TWILIO_AUTH_TOKEN, is missing: set one"
            raise ValueError(message)
        return self

    @property
    def twilio_secret(self) -> str:
        """What logs in to Twilio: the API key's secret where there is one, else the auth token."""
        secret = self.twilio_api_secret or self.twilio_auth_token
        assert secret is not None  # noqa: S101 - the start has checked it
        return secret.get_secret_value()

    @model_validator(mode="after")
    def _answers_can_be_received(self) -> Self:
        if self.sms_answers and not RECEIVES.fullmatch(self.twilio_sender):
            message = (
                "COCREATE_SMS_ANSWERS: a name as sender cannot receive answers; set COCREATE_TWILIO_SENDER to a number "
                "or a messaging service, or this to false"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _lease_outlives_a_send(self) -> Self:
        # The wait for one's turn comes on top: everything that is claimed at once, at the slower rate.
        slowest = self.twilio_timeout + self.in_flight / min(self.sms_rate, self.mail_rate)
        if self.lease_seconds <= slowest:
            message = f"COCREATE_LEASE_SECONDS must be more than {slowest:.0f}: a timeout and the wait for one's turn"
            raise ValueError(message)
        # A message whose answer is still under way must not be looked for, missed and sent again.
        if self.grace_seconds < 2 * self.twilio_timeout:
            message = f"COCREATE_GRACE_SECONDS must be {2 * self.twilio_timeout:.0f} or more: twice the timeout"
            raise ValueError(message)
        return self

    def policy(self) -> Policy:
        """The rules of delivery."""
        return Policy.among(self)

    def terms(self) -> Terms:
        """By when people read texts."""
        return Terms.among(self)

    @property
    def lease_in(self) -> timedelta:
        """How long a send may take."""
        return timedelta(seconds=self.lease_seconds)
