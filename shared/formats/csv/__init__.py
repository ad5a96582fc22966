"""Spreadsheets, read as our own events line by line."""
