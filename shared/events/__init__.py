"""What crosses Kafka: events, their types, and the names of topics."""
