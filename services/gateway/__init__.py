"""The outside world in: the only public door."""
