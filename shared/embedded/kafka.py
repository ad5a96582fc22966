"""librdkafka's in-process broker, through ctypes: its Python wheel offers no way to create a topic."""

import contextlib
import ctypes
import importlib
import importlib.util
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from shared.embedded.errors import EngineFailedError, EngineMissingError


class EmbeddedKafka:
    """librdkafka's in-process broker, on a free port of 127.0.0.1: a context manager, which serves while entered.

    In memory only, at most 5 MB or 100,000 records a partition, no ACL; several consumers that join one group at once
    fail on it. It lives and dies with this process; other processes reach it by `url`.

    It knows no CreateTopics request: aiokafka's admin client breaks on it. `create_topic` makes one with any number of
    partitions, from this process only; a topic that a client merely names comes into being with four.
    """

    def __init__(self) -> None:
        self._native: ctypes.CDLL | None = None
        self._client: int | None = None
        self._cluster: int | None = None
        self._url = ""

    def __enter__(self) -> Self:
        """Start the broker.

        Raises:
            EngineMissingError: the extra isn't installed.
            EngineFailedError: librdkafka refused.
        """
        self._native = native = _librdkafka()
        conf = native.rd_kafka_conf_new()
        # Without a callback of ours it writes every disconnect on standard error.
        native.rd_kafka_conf_set_log_cb(conf, None)
        reason = ctypes.create_string_buffer(512)
        self._client = native.rd_kafka_new(_PRODUCER, conf, reason, len(reason))
        if not self._client:
            raise EngineFailedError(f"The embedded Kafka wouldn't start: {reason.value.decode()}")
        self._cluster = native.rd_kafka_mock_cluster_new(self._client, 1)
        if not self._cluster:
            native.rd_kafka_destroy(self._client)
            raise EngineFailedError("The embedded Kafka wouldn't start: is a port of 127.0.0.1 still free?")
        # A lone consumer would wait 3 s for other members; of several, one fails with or without that.
        native.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, 0)
        self._url = native.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the broker: its records are lost."""
        native, self._native = self._native, None
        if native is not None:
            self._order(native.rd_kafka_mock_cluster_destroy)
            native.rd_kafka_destroy(self._client)
        self._client = self._cluster = None

    @property
    def url(self) -> str:
        """The address for clients, `127.0.0.1:PORT`, as in COCREATE_KAFKA_URL."""
        self._serving()
        return self._url

    def create_topic(self, name: str, partitions: int) -> None:
        """Create a topic; one that exists already, with any number of partitions, stays as it is.

        Create it before any client names it, for that creates it with four partitions.
        """
        if partitions < 1:
            raise EngineFailedError(f"Topic {name} needs at least one partition, not {partitions}")
        code = self._order(self._serving().rd_kafka_mock_topic_create, name.encode(), partitions, 1)
        if code not in {_NO_ERROR, _TOPIC_ALREADY_EXISTS}:
            raise EngineFailedError(
                f"The embedded Kafka can't create topic {name} with {partitions} partitions: error {code}"
            )

    def pause(self) -> None:
        """Refuse and drop every connection, as a broker that is down; what it holds stays."""
        self._order(self._serving().rd_kafka_mock_broker_set_down, _ONLY_BROKER)

    def resume(self) -> None:
        """Serve again after `pause`, on the same port."""
        self._order(self._serving().rd_kafka_mock_broker_set_up, _ONLY_BROKER)

    def _order(self, function: Callable[..., int], *arguments: object) -> int:
        """Call a function about the broker, and return its result once the broker's own thread has seen to it.

        Of the wake-ups that come with orders it misses one now and then, and looks again only after a second; whoever
        connects wakes it too.
        """
        done = threading.Event()
        caller = threading.Thread(target=_call, args=(self._url, done), daemon=True)
        caller.start()
        try:
            return function(self._cluster, *arguments)
        finally:
            done.set()
            caller.join()

    def _serving(self) -> ctypes.CDLL:
        if self._native is None:
            raise EngineFailedError("The embedded Kafka isn't running: use it inside its `with` block")
        return self._native


def _call(url: str, done: threading.Event) -> None:
    """Connect to the broker again and again until what it was to do is done."""
    host, _, port = url.rpartition(":")
    while not done.wait(_PATIENCE):
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            pass


_PATIENCE = 0.005  # seconds: an order takes a twentieth of that
_PRODUCER, _ONLY_BROKER = 0, 1
_NO_ERROR, _TOPIC_ALREADY_EXISTS = 0, 36

_HANDLE, _TEXT, _NUMBER = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
# What we call of rdkafka.h and rdkafka_mock.h: the result, then the arguments. Untold, ctypes cuts pointers to 32 bits.
_SIGNATURES: dict[str, tuple[Any, ...]] = {
    "rd_kafka_conf_new": (_HANDLE,),
    "rd_kafka_conf_set_log_cb": (None, _HANDLE, _HANDLE),
    "rd_kafka_new": (_HANDLE, _NUMBER, _HANDLE, _TEXT, ctypes.c_size_t),
    "rd_kafka_destroy": (None, _HANDLE),
    "rd_kafka_mock_cluster_new": (_HANDLE, _HANDLE, _NUMBER),
    "rd_kafka_mock_cluster_destroy": (None, _HANDLE),
    "rd_kafka_mock_cluster_bootstraps": (_TEXT, _HANDLE),
    "rd_kafka_mock_group_initial_rebalance_delay_ms": (None, _HANDLE, ctypes.c_int32),
    "rd_kafka_mock_topic_create": (_NUMBER, _HANDLE, _TEXT, _NUMBER, _NUMBER),
    "rd_kafka_mock_broker_set_down": (_NUMBER, _HANDLE, ctypes.c_int32),
    "rd_kafka_mock_broker_set_up": (_NUMBER, _HANDLE, ctypes.c_int32),
}


def _librdkafka() -> ctypes.CDLL:
    """Return the C library inside the `confluent-kafka` wheel, whose Python can't create a topic on that broker."""
    try:
        extension = importlib.import_module("confluent_kafka.cimpl")
    except ImportError as exc:
        raise EngineMissingError(
            "The embedded Kafka is missing: pip install 'cocreate[embedded]', or set COCREATE_KAFKA_URL"
        ) from exc
    # Symbols are looked up in what the extension links to as well, wherever the wheel hides it.
    library = ctypes.CDLL(str(extension.__file__))
    for name, (result, *arguments) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
