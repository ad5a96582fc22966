"""The namespace of the ids that we make from keys."""

from uuid import UUID

NAMESPACE = UUID("7c1f3c0e-2f5b-5f0a-9b2e-0c0c0c7ea7e5")  # any fixed one: it makes ids from keys
