"""Faults of ours as a log may show them."""

import traceback


def where_it_broke(error: BaseException) -> str:
    """A fault of ours as a log may show it: which, and where. Its message may quote a patient's number or name."""
    frames = traceback.extract_tb(error.__traceback__)
    path = " < ".join(f"{frame.name} ({frame.filename.rpartition('/')[2]}:{frame.lineno})" for frame in frames[:-4:-1])
    return f"{type(error).__name__} in {path}"
