"""Keeps patients' identities: identifiers, contacts, flags, and merges by NHS number."""
