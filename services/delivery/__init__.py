"""Sends each message that is due, once, and records its outcome."""
