"""What events would make us send, without a database."""
