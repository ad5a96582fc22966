"""That somebody unsubscribed by a link in an e-mail: the gateway writes it, delivery reads it."""

import re
from typing import Annotated

from pydantic import StringConstraints

from shared.events.types import EventData

TYPE = "cocreate.unsubscribe.v1"
KIND = "message"

CATEGORY = re.compile(r"[a-z][a-z_]{0,29}")
"""What a patient can opt out of, as a code: `appointments`, `goals`, `groups`, `all`."""


class Unsubscribed(EventData):
    """No more of this category to wherever that message went; the subject of the event names the message."""

    category: Annotated[str, StringConstraints(pattern=rf"^{CATEGORY.pattern}$")]
    """What is wanted no more, as the link said."""
