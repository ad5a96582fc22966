"""The `cocreate` command; the only package that imports every service."""

from services.cli.main import app

__all__ = ["app"]
