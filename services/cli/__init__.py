"""The `cocreate` command: the only package that knows every service."""

from services.cli.main import app

__all__ = ["app"]
