"""CSV files of spreadsheets, read line by line as our own events."""
