"""The sandbox's settings, from the environment."""

from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, HttpUrl, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.sandbox.faults import Faults

E164 = r"^\+[1-9]\d{1,14}$"


class Settings(BaseSettings):
    """Settings of the sandbox, such as `COCREATE_SANDBOX_HTTP_PORT`; sets of numbers and faults are given as JSON."""

    model_config = SettingsConfigDict(
        env_prefix="COCREATE_SANDBOX_", env_nested_delimiter="__", frozen=True, hide_input_in_errors=True
    )

    host: str = Field(
        default="127.0.0.1", description="Address that both servers listen on; another one only inside a container."
    )
    http_port: int = Field(default=0, ge=0, le=65535, description="TCP port of API and page; 0 takes a free one.")
    smtp_port: int = Field(default=0, ge=0, le=65535, description="TCP port of the mail server; 0 takes a free one.")
    account_sid: str = Field(
        default="AC" + "0" * 31 + "1",
        pattern=r"^AC[0-9a-f]{32}$",
        description="Account SID that clients must give (AC and 32 hexadecimal digits).",
    )
    auth_token: str = Field(
        default="sandbox", min_length=1, description="Auth token that clients must give; it also signs callbacks."
    )
    api_key: str = Field(
        default="SK" + "0" * 31 + "1",
        pattern=r"^SK[0-9a-f]{32}$",
        description="API key that clients may give instead of the account and its token.",
    )
    api_secret: str = Field(default="secret", min_length=1, description="Secret of that API key; it signs nothing.")
    ledger: Path | None = Field(
        default=None,
        description="File (JSON lines) that keeps what was accepted over a restart; empty keeps it in memory.",
    )
    status_delay: float = Field(
        default=0.3, ge=0, le=3600, description="Seconds from one status of a message to the next."
    )
    callback_via: HttpUrl | None = Field(
        default=None,
        description="Origin (scheme, host and port) to which callbacks really go, while the public address is what is "
        "signed: plays the proxy that ends TLS. Empty posts to the public address.",
    )
    callback_tries: int = Field(
        default=4, ge=1, le=20, description="Times a callback is posted while it meets a 5xx or nobody."
    )
    callback_retry_after: float = Field(
        default=0.5, ge=0, le=60, description="Seconds before the first new try of a callback; doubles each time."
    )
    callback_timeout: float = Field(
        default=15, gt=0, le=60, description="Seconds to wait for the answer to a callback."
    )
    inbound_url: HttpUrl | None = Field(
        default=None, description="Public address to which what patients text is posted, signed; empty posts nothing."
    )
    service_sender: str = Field(
        default="+15005550006",
        pattern=E164,
        description="Number (E.164) that texts come from when a messaging service sends.",
    )
    blocked: frozenset[str] = Field(
        default=frozenset(), description="Numbers (E.164) that opted out: refused with 21610."
    )
    landline: frozenset[str] = Field(
        default=frozenset(), description="Numbers (E.164) that can't get texts: refused with 21614."
    )
    unreachable: frozenset[str] = Field(
        default=frozenset(), description="Numbers (E.164) switched off: accepted, then undelivered with 30003."
    )
    faults: Faults = Field(default=Faults(), description="The fault mix at the start; PUT /faults changes it.")
    time_zone: str = Field(default="Europe/London", description="IANA zone of the times shown on the page.")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, OSError, ValueError) as exc:
            message = "not a time zone: give an IANA name such as Europe/London"
            raise ValueError(message) from exc
        return name
