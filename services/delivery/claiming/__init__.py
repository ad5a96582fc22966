"""Claims messages that are due and decides about each: send, wait or withhold."""
