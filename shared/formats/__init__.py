"""Formats of other systems, read as our own events."""
