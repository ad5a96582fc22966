"""The services on one machine, with embedded engines."""
