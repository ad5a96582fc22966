"""The gateway's settings, from the environment."""

import hmac
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from services.gateway.issued_tokens import TokenDesk
from services.gateway.tokens import Tokens, topics_of
from shared.settings import LinkKeys

PHONES = b"cocreate phones 1\n"  # what the derived key is for: it signs no link


class Settings(LinkKeys):
    """Settings of the gateway; without encryption keys of personal details and without a database."""

    public_url: str = Field(
        description="address at which the outside world reaches the gateway, such as https://messages.example.nhs.uk; "
        "Twilio's signatures are checked against it"
    )
    twilio_auth_token: SecretStr = Field(min_length=1, description="auth token with which Twilio signs its requests")
    twilio_auth_token_old: SecretStr | None = Field(
        default=None, description="the auth token before, accepted too while tokens rotate"
    )
    gateway_host: str = Field(default="127.0.0.1", description="address on which the gateway's public door listens")
    gateway_port: int = Field(
        default=8000, ge=0, le=65535, description="port of the gateway's public door; 0 takes a free one"
    )
    gateway_rate: float = Field(
        default=500,
        gt=0,
        description="requests a second that one gateway takes of Twilio once their signature holds, and as many of all "
        "others, with bursts of two seconds' worth; more are answered with 503 or 429",
    )
    gateway_kafka_seconds: float = Field(
        default=5,
        gt=0,
        le=14,  # Twilio reads for 15 s at most
        description="seconds that Kafka may take to acknowledge before a request is answered with 503, at most 14: "
        "Twilio waits for 15",
    )
    event_tokens: SecretStr | None = Field(
        default=None,
        description="who may post events and goals, and for which source: name:hash:source, several by commas, where "
        "the hash is the token's SHA-256 in hexadecimal; without any there is no such route; "
        "`cocreate doctor --new-event-token NAME SOURCE` makes a token and its entry",
    )

    gateway_database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL, as a postgresql:// address, for the tokens of `cocreate tokens issue` and the record "
        "of who posted; none: the tokens of COCREATE_EVENT_TOKENS alone, and no record; its role needs to read "
        "gateway.tokens and to add to audit.entries, nothing else",
    )
    event_topics: str = Field(
        default="",
        description="topics that a source may write, as the registry of sources has it: source=topic+topic, several by "
        "commas, such as https://riverside.example.org=clinic.patients+clinic.goals; a source that is not here may "
        "write any",
    )

    @field_validator("gateway_database_url")
    @classmethod
    def _is_postgres(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("postgresql://", "postgres://")):
            message = "must begin with postgresql://"
            raise ValueError(message)
        return value

    @field_validator("event_topics")
    @classmethod
    def _are_topics(cls, value: str) -> str:
        topics_of(value)
        return value

    @field_validator("event_tokens")
    @classmethod
    def _are_tokens(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            Tokens.of(value.get_secret_value())
        return value

    @field_validator("public_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        extra = parts.query or parts.fragment or parts.username or parts.password
        if parts.scheme not in {"http", "https"} or not parts.hostname or extra or not _port_is_one(value):
            message = "must be https://host or https://host/path, without a user, a query or a fragment"
            raise ValueError(message)
        return value.rstrip("/")

    def auth_tokens(self) -> tuple[str, ...]:
        """Twilio's auth tokens with which signatures are valid, the present one first."""
        every = (self.twilio_auth_token, self.twilio_auth_token_old)
        return tuple(token.get_secret_value() for token in every if token is not None)

    @property
    def takes_events(self) -> bool:
        """Whether anybody may post events: there are tokens here, or a database that may hold some."""
        return self.event_tokens is not None or self.gateway_database_url is not None

    def tokens(self) -> Tokens | None:
        """The access tokens of clinics; None where none is configured."""
        return None if self.event_tokens is None else Tokens.of(self.event_tokens.get_secret_value(), self.event_topics)

    def token_desk(self) -> TokenDesk:
        """Whoever knows the tokens of the environment and, where one is named, of the database."""
        url = self.gateway_database_url
        return TokenDesk(
            self.tokens() or Tokens(),
            topics_of(self.event_topics),
            None if url is None else url.get_secret_value(),
        )

    def phone_key(self) -> bytes:
        """The secret that turns telephone numbers into record keys, derived from the newest link key.

        All replicas derive the same one, so one phone's texts are in one partition. A new link key moves phones to
        other partitions, once: only texts of one phone that are sent during the change may be read out of order.
        """
        newest = self.link_keys.get_secret_value().split(",")[0].strip()
        return hmac.digest(newest.encode(), PHONES, "sha256")


def _port_is_one(url: str) -> bool:
    try:
        _ = urlsplit(url).port
    except ValueError:
        return False
    return True
