"""Settings that every service reads from the environment, and errors that name the variable and the cure.

SettingsError    a variable is missing or wrong
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.calendar.sending_window import CALENDARS
from shared.calendar.zones import parse_zone
from shared.patients.phone import mobile
from shared.security.encryption import BadKey, Encryption
from shared.security.signed_links import BadLinkKey, Signer

PREFIX = "COCREATE_"

DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")  # RFC 1123, section 2.1

S = TypeVar("S", bound=BaseSettings)


def _zone(value: Any) -> ZoneInfo:
    return value if isinstance(value, ZoneInfo) else parse_zone(str(value))


def _region(code: str) -> str:
    mobile("07700 900000", code)  # it refuses a region that there is not, such as UK
    return code


def _calendar(code: str) -> str:
    if code not in CALENDARS:
        message = f"is none of {', '.join(CALENDARS)}"
        raise ValueError(message)
    return code


def _domains(text: str) -> str:
    wrong = [one for one in text.split(",") if not DOMAIN.fullmatch(one.strip().lower())]
    if wrong:
        message = f"{wrong[0].strip()!r} is no domain; write such as nhs.uk,gov.uk"
        raise ValueError(message)
    return text


class SettingsError(Exception):
    """One or more environment variables are missing or wrong. The message names each, and the cure."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


class KafkaConnection(BaseSettings):
    """What every service needs: where Kafka is, and where it shows its own health. No key to personal details."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        env_ignore_empty=True,
    )

    kafka_url: str = Field(
        default="127.0.0.1:9092", description="Kafka bootstrap servers, host:port, several by commas"
    )
    kafka_tls: bool = Field(default=False, description="speak TLS to Kafka; required where a user name is given")
    kafka_username: str | None = Field(default=None, description="SASL SCRAM-SHA-512 user name")
    kafka_password: SecretStr | None = Field(default=None, description="SASL SCRAM-SHA-512 password")
    instance: str | None = Field(
        default=None, description="a name that this replica keeps over restarts (Kafka static membership)"
    )
    health_host: str = Field(
        default="127.0.0.1", description="address on which /health, /ready and /metrics are served"
    )
    health_port: int = Field(
        default=8080, ge=0, le=65535, description="port of /health, /ready and /metrics; 0 serves none"
    )


class LinkKeys(KafkaConnection):
    """What a service that makes or reads the links in our e-mail needs besides."""

    link_keys: SecretStr = Field(
        description="keys that sign the links in e-mail, the same for delivery and gateway, newest first: "
        "base64 of 32 bytes, several by commas; `cocreate doctor --new-key` prints one"
    )

    @field_validator("link_keys")
    @classmethod
    def _are_link_keys(cls, value: SecretStr) -> SecretStr:
        try:
            Signer.of(value.get_secret_value())
        except BadLinkKey as error:
            raise ValueError(str(error)) from None
        return value

    def signer(self) -> Signer:
        """The signer that these keys make."""
        return Signer.of(self.link_keys.get_secret_value())


class Connections(KafkaConnection):
    """What a service that knows patients needs besides: where PostgreSQL is, and the keys to personal details."""

    database_url: str = Field(
        default="postgresql://cocreate@127.0.0.1:5432/cocreate", description="PostgreSQL, as a postgresql:// address"
    )
    database_pool: int = Field(default=8, ge=2, le=100, description="connections to PostgreSQL that a service may hold")
    keys: SecretStr = Field(
        description="keys that encrypt personal details, newest first: id:base64 of 32 bytes, several by commas"
    )
    index_key: SecretStr = Field(
        description="key of the blind indexes, base64 of 32 bytes; never changes: it remembers who has opted out"
    )
    heartbeat_every: float = Field(
        default=5.0, gt=0, le=10, description="seconds between a planner's words that it is caught up; believed for 30"
    )
    default_zone: Annotated[ZoneInfo, BeforeValidator(_zone)] = Field(
        default=ZoneInfo("Europe/London"),
        description="time zone of clinics that are not in the registry and do not say",
    )
    holidays: Annotated[str, AfterValidator(_calendar)] = Field(
        default="GB-ENG", description="whose bank holidays are kept: GB-ENG, GB-WLS, GB-SCT, GB-NIR or IE"
    )
    region: Annotated[str, AfterValidator(_region)] = Field(
        default="GB", description="country of phone numbers without a country code"
    )

    link_domains: Annotated[str, AfterValidator(_domains)] = Field(
        default="nhs.uk,gov.uk,nhs.wales,gov.wales",
        description="domains that links in wordings may lead to, those below them as well; several by commas",
    )

    @field_validator("keys", "index_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr, info: Any) -> SecretStr:
        text, some = value.get_secret_value(), "k:" + "A" * 43 + "="
        try:
            Encryption.of(text, some[2:]) if info.field_name == "keys" else Encryption.of(some, text)
        except BadKey as error:
            raise ValueError(str(error)) from None
        return value

    @field_validator("database_url")
    @classmethod
    def _is_postgres(cls, value: str) -> str:
        if not value.startswith(("postgresql://", "postgres://")):
            message = "must begin with postgresql://"
            raise ValueError(message)
        return value

    def domains(self) -> tuple[str, ...]:
        """The domains that links in wordings may lead to."""
        return tuple(one.strip().lower() for one in self.link_domains.split(","))

    def encryption(self) -> Encryption:
        """The encryption that these keys make."""
        return Encryption.of(self.keys.get_secret_value(), self.index_key.get_secret_value())


def load(settings: type[S], **given: Any) -> S:
    """Read a service's settings.

    Raises:
        SettingsError: naming each variable that is missing or wrong, and what it should be.

    """
    try:
        return settings(**given)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        raise SettingsError([_line(settings, problem) for problem in problems]) from None


def _line(settings: type[BaseSettings], problem: Any) -> str:
    cause = "is missing" if problem["type"] == "missing" else problem["msg"].removeprefix("Value error, ")
    if not problem["loc"]:  # settings that do not agree with each other: the message names them
        return str(cause)
    name = str(problem["loc"][0])
    field = settings.model_fields.get(name)
    about = f" ({field.description})" if field is not None and field.description else ""
    return f"{PREFIX}{name.upper()}: {cause}{about}"


def instant_with_zone(value: datetime | None) -> datetime | None:
    """An instant that is to be compared with the clock has a zone."""
    if value is not None and value.tzinfo is None:
        message = "has no zone; write 2026-12-01T00:00:00+00:00"
        raise ValueError(message)
    return value


def example(*every: type[BaseSettings]) -> str:
    """The text of `.env.example`: every variable of these settings once, with its meaning and default."""
    lines: dict[str, str] = {}
    for settings in every:
        for name, field in settings.model_fields.items():
            default = "" if field.is_required() or field.default is None else _shown(field.default)
            comment = "" if field.is_required() else "# "
            lines.setdefault(name, f"# {field.description}\n{comment}{PREFIX}{name.upper()}={default}\n")
    return "\n".join(lines.values())


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return getattr(value, "key", None) or str(value)
