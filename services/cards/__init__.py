"""Reminder cards: the working day before, each clinician gets the list of that day, with what their patients said."""
