"""Twilio's error codes of the messages API, with Twilio's HTTP statuses and messages."""

from dataclasses import dataclass

# https://www.twilio.com/docs/api/errors: the code → HTTP status, message
_CATALOGUE = {
    20001: (400, "Invalid parameter: {name}"),
    20003: (401, "Authenticate"),
    20004: (405, "Method not allowed"),
    20404: (404, "The requested resource {path} was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    21211: (400, "Invalid 'To' Phone Number: {to}"),
    21212: (400, "Invalid From Number (caller ID): {sender}"),
    21266: (400, "'To' and 'From' number cannot be the same: {to}"),
    21408: (400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {to}"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (400, "The 'From' phone number provided ({sender}) is not a valid message-capable Twilio phone number."),
    21609: (400, "The 'StatusCallback' URL {url} is not a valid URL."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (429, "This 'From' number {sender} has exceeded the maximum number of queued messages"),
    21612: (
        400,
        "Message cannot be sent with the current combination of 'To' ({to}) and/or 'From' ({sender}) parameters",
    ),
    21614: (400, "'To' number is not a valid mobile number: {to}"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    30003: (200, "Unreachable destination handset"),
    90007: (400, "Invalid validity period value"),
    90014: (400, "Validity Period should be positive integer"),
}

_MORE_INFO = "https://www.twilio.com/docs/errors/{code}"


@dataclass(frozen=True, slots=True)
class ApiRefusal:
    """Twilio's refusal of a request."""

    code: int
    status: int
    message: str

    @property
    def body(self) -> dict[str, int | str]:
        """The JSON body of Twilio's error answer."""
        more_info = _MORE_INFO.format(code=self.code)
        return {"code": self.code, "message": self.message, "more_info": more_info, "status": self.status}


def refusal(code: int, **facts: str) -> ApiRefusal:
    """The refusal with this code; `facts` fill the placeholders of its message."""
    status, message = _CATALOGUE[code]
    return ApiRefusal(code=code, status=status, message=message.format(**facts))


def error_message(code: int | None) -> str | None:
    """Twilio's message for a failed text with this code."""
    return None if code is None else _CATALOGUE[code][1]
