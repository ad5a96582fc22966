"""Settings that every service reads from the environment, and errors that name the variable and the cure.

SettingsError    a variable is missing or wrong
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.patients.phone import mobile
from shared.platform.domains import LINK_DOMAINS, parse_domains
from shared.rules.policy import ClinicDefaults, Policy, is_fixed
from shared.security.encryption import BadKey, Encryption
from shared.security.signed_links import BadLinkKey, Signer

PREFIX = "COCREATE_"

S = TypeVar("S", bound=BaseSettings)


def _region(code: str) -> str:
    mobile("07700 900000", code)  # it refuses a region that there is not, such as UK
    return code


def _domains(text: str) -> str:
    parse_domains(text, "nhs.uk,gov.uk")
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
        # Of a policy that is a field: COCREATE_PROMPTS_AGENDA_DAYS is `agenda_days` of `prompts`, as text and not JSON.
        env_nested_delimiter="_",
        env_nested_max_split=1,
        enable_decoding=False,
    )

    kafka_url: str = Field(
        default="127.0.0.1:9092", description="Kafka bootstrap servers, host:port, several by commas"
    )
    kafka_tls: bool = Field(default=False, description="speak TLS to Kafka; required where a user name is given")
    kafka_username: str | None = Field(default=None, description="SASL SCRAM-SHA-512 user name; goes with TLS alone")
    kafka_password: SecretStr | None = Field(default=None, description="SASL SCRAM-SHA-512 password")
    kafka_ca: Path | None = Field(
        default=None,
        description="file of the certificates (PEM) by which Kafka's are known; else this machine's",
    )
    kafka_certificate: Path | None = Field(
        default=None, description="file of our own certificate (PEM), where Kafka asks its clients for one"
    )
    kafka_key: Path | None = Field(default=None, description="file of that certificate's key (PEM, not encrypted)")
    instance: str | None = Field(
        default=None,
        description="a name that this replica keeps over restarts: its partitions then wait 45 seconds for it and do "
        "not move (Kafka static membership)",
    )
    health_host: str = Field(
        default="127.0.0.1", description="address on which /health, /ready and /metrics are served"
    )
    health_port: int = Field(
        default=8080, ge=0, le=65535, description="port of /health, /ready and /metrics; 0 serves none"
    )

    @model_validator(mode="after")
    def _certificates_go_with_tls(self) -> Self:
        files = (self.kafka_ca, self.kafka_certificate, self.kafka_key)
        if any(files) and not (self.kafka_tls or self.kafka_username):
            message = "COCREATE_KAFKA_TLS: certificates go with TLS; set it to true"
            raise ValueError(message)
        if (self.kafka_certificate is None) != (self.kafka_key is None):
            message = "COCREATE_KAFKA_CERTIFICATE and COCREATE_KAFKA_KEY go together: set both"
            raise ValueError(message)
        missing = next((file for file in files if file is not None and not file.is_file()), None)
        if missing is not None:
            message = f"{missing}: there is no such file; COCREATE_KAFKA_CA, _CERTIFICATE and _KEY name files"
            raise ValueError(message)
        return self

    @field_validator("*", mode="before")
    @classmethod
    def _without_what_is_fixed(cls, value: Any, info: ValidationInfo) -> Any:
        """What the environment says of a policy, without what is no setting; variables of nobody's are passed over."""
        policy = policy_of(cls.model_fields[str(info.field_name)])
        if policy is None or not isinstance(value, Mapping):
            return value
        return {name: of_it for name, of_it in value.items() if name in tuned(policy)}


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


class Connections(ClinicDefaults, KafkaConnection):
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
    region: Annotated[str, AfterValidator(_region)] = Field(
        default="GB", description="country of phone numbers without a country code"
    )
    link_domains: Annotated[str, AfterValidator(_domains)] = Field(
        default=",".join(LINK_DOMAINS),
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
        return parse_domains(self.link_domains, "nhs.uk,gov.uk")

    def encryption(self) -> Encryption:
        """The encryption that these keys make."""
        return Encryption.of(self.keys.get_secret_value(), self.index_key.get_secret_value(), self.region)


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
    named = dict(variables(settings))
    name = PREFIX + "_".join(str(part) for part in problem["loc"][:2]).upper()
    name = name if name in named else PREFIX + str(problem["loc"][0]).upper()
    field = named.get(name)
    about = f" ({field.description})" if field is not None and field.description else ""
    return f"{name}: {cause}{about}"


def policy_of(field: FieldInfo) -> type[Policy] | None:
    """The policy that a field of settings holds; None where it is a variable itself."""
    return field.annotation if isinstance(field.annotation, type) and issubclass(field.annotation, Policy) else None


def tuned(policy: type[Policy]) -> Mapping[str, FieldInfo]:
    """What of a policy is a setting of its own: neither fixed, nor the same for every service."""
    fields = policy.model_fields.items()
    return {name: field for name, field in fields if not is_fixed(field) and name not in ClinicDefaults.model_fields}


def variables(settings: type[BaseSettings]) -> Iterator[tuple[str, FieldInfo]]:
    """Every variable of the environment that these settings read, with what it means."""
    prefix = settings.model_config.get("env_prefix", "")
    for name, field in settings.model_fields.items():
        policy = policy_of(field)
        if policy is None:
            yield f"{prefix}{name}".upper(), field
        else:
            yield from ((f"{prefix}{name}_{one}".upper(), number) for one, number in tuned(policy).items())


def example(*every: type[BaseSettings]) -> str:
    """The text of `.env.example`: every variable of these settings once, with its meaning and default."""
    lines: dict[str, str] = {}
    for settings in every:
        for name, field in variables(settings):
            comment = "" if field.is_required() else "# "
            lines.setdefault(name, f"# {field.description}\n{comment}{name}={written(field)}\n")
    return "\n".join(lines.values())


def written(field: FieldInfo) -> str:
    """A field's default, as it would be written in the environment; empty where there is none."""
    if field.is_required() or field.default is None:
        return ""
    return _as_text(field.default)


def _as_text(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case time():
            return f"{value:%H:%M}"
        case tuple():
            return ",".join(map(_as_text, value))
        case frozenset() | BaseModel():  # as JSON; by default the sandbox has none
            return ""
        case _:
            return getattr(value, "key", None) or str(value)
