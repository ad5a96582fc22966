"""How a patient joins a video visit: the link that its event brings, where it leads to a domain that is allowed."""

import re
from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator

HOW_TO_JOIN = ("link", "email", "call")
"""By the link that the event brings, by one that comes by e-mail, or by one that is asked for by telephone."""

LONGEST_LINK = 78  # characters: with more, a text of three segments has no room for the longest names and the rest

_WEB_ADDRESS = re.compile(r"https://[a-z0-9.-]+(?:/[A-Za-z0-9._~/?#=&%+:@!$'()*,;-]*)?")
"""What a phone makes one link of: lower-case ASCII for the host, so that nothing looks like another domain."""


def is_web_address(text: str) -> bool:
    """Whether a text is one https address, without a port and a user, and short enough for a text message."""
    return len(text) <= LONGEST_LINK and _WEB_ADDRESS.fullmatch(text) is not None


def leads_to(host: str, domains: Iterable[str]) -> bool:
    """Whether a host is one of these domains, or below one."""
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def allowed_link(link: str | None, domains: Iterable[str]) -> str:
    """The link where patients may be sent it; else empty, and how to join is told otherwise."""
    if not link or not is_web_address(link):
        return ""
    return link if leads_to(urlsplit(link).hostname or "", domains) else ""


def _sendable(value: Any) -> Any:
    """A link as an event has it; None where it is none that a text could hold: the appointment counts all the same."""
    text = value.strip() if isinstance(value, str) else ""
    return text if is_web_address(text) else None


JoinLink = Annotated[str | None, BeforeValidator(_sendable)]
"""The link of an event, whichever domain it leads to."""
