"""Attacks through the product's own doors, each of which must come to nothing: docs/attacks.md lists them."""
