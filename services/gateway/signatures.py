"""Checks Twilio's signatures: HMAC-SHA1 of the public address and the sorted form (Twilio, "Webhooks security")."""

import logging
from collections.abc import Sequence

from starlette.requests import Request
from twilio.request_validator import RequestValidator

from services.gateway.forms import Form, read_form
from services.gateway.limit import Bucket
from services.gateway.refusals import RequestRefusal

log = logging.getLogger("cocreate.gateway")

HEADER = "X-Twilio-Signature"
LINES = 1 / 60  # log lines a second about invalid signatures: forged requests must not fill the disk


class Signatures:
    """Checks Twilio's signature of a request, against our configured public address and never against its headers."""

    def __init__(self, public_url: str, auth_tokens: Sequence[str], genuine: Bucket) -> None:
        """Accept signatures with any of these auth tokens, over addresses below `public_url`.

        `genuine` limits what Twilio signed, and nothing else takes from it.
        """
        self._genuine = genuine
        self._public_url = public_url
        self._validators = [RequestValidator(token) for token in auth_tokens]
        self._lines = Bucket(LINES, burst=1)

    def hold(self, path: str, query: str, form: Form, signature: str) -> bool:
        """Whether Twilio signed this form for this path and this query, which must be unchanged byte for byte.

        A repeated field counts with each of its values, as in the SDK for any form that has `getlist`.
        """
        url = f"{self._public_url}{path}?{query}" if query else f"{self._public_url}{path}"
        return any(validator.validate(url, form, signature) for validator in self._validators)

    async def signed_form(self, request: Request) -> Form | RequestRefusal:
        """The form of a request that Twilio signed, or the reason why the request is refused.

        A forged request costs the reading of its body and a hash, and none of the requests that Twilio may make. A
        genuine one beyond the rate gets 503, after which Twilio is asked to try again; after 429 it would not.
        """
        form = await read_form(request)
        if isinstance(form, RequestRefusal):
            return form
        query = request.scope["query_string"].decode("latin-1")
        if not self.hold(request.scope["path"], query, form, request.headers.get(HEADER, "")):
            return self._forged(request)
        return form if self._genuine.take() else RequestRefusal.TOO_MANY_OF_TWILIO

    def _forged(self, request: Request) -> RequestRefusal:
        if self._lines.take():
            log.warning(
                "a request to %s was not signed by Twilio; if all are refused, "
                "compare COCREATE_PUBLIC_URL and COCREATE_TWILIO_AUTH_TOKEN with what Twilio has",
                request.scope["path"],
            )
        return RequestRefusal.NOT_SIGNED
