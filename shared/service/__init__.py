"""A service that runs: its start, its loops, its end."""
