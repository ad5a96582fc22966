"""Renders a message, with its calendar entries, and encrypts what is kept of it."""
