"""Runs the services: all in one process on embedded engines, or a single one as in production."""
