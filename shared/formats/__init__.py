"""Formats of others, read as our own events."""
