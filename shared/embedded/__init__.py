"""A Kafka broker and a PostgreSQL for a machine with neither installed: for trying Cocreate out, and for tests.

Both come from wheels of the extra `embedded`, which the production image doesn't have.
"""

from shared.embedded.errors import EmbeddedError, EngineFailedError, EngineMissingError
from shared.embedded.kafka import EmbeddedKafka
from shared.embedded.postgres import EmbeddedPostgres
from shared.embedded.programs import POSTGRES_MAJOR

__all__ = [
    "POSTGRES_MAJOR",
    "EmbeddedError",
    "EmbeddedKafka",
    "EmbeddedPostgres",
    "EngineFailedError",
    "EngineMissingError",
]
