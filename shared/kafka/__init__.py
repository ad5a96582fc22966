"""Kafka with its unsafe defaults overridden: clients, topics, batches, dead letters, the outbox."""
