"""Reminder cards: on the working day before, each clinician gets the list of the day, with patients' replies."""
