"""Events on Kafka: CloudEvents, the types of their fields, and the names of topics."""
