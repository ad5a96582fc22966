"""Sends what is due, once, and records what became of it."""
