"""Unsubscribe events: a reader used the link in an e-mail; the gateway writes them, delivery reads them."""

import re
from typing import Annotated

from pydantic import StringConstraints

from shared.events.types import EventData

TYPE = "cocreate.unsubscribe.v1"
KIND = "message"

CATEGORY = re.compile(r"[a-z][a-z_]{0,29}")
"""A category of messages that a patient can opt out of, as a code: `appointments`, `goals`, `groups`, `all`."""


class Unsubscribed(EventData):
    """An opt-out from a category at the address to which a message went; the event's subject names the message."""

    category: Annotated[str, StringConstraints(pattern=rf"^{CATEGORY.pattern}$")]
    """The category in the link."""
