"""Encryption of stored personal details, and signed links."""
