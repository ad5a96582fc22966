"""Rehearses events: the messages that they would send, without Kafka and without a database."""
