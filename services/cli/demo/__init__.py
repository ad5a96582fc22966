"""`cocreate demo`: an invented clinic fortnight on an accelerated clock."""

from services.cli.demo.run import run_demo

__all__ = ["run_demo"]
