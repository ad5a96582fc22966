"""Reunions of courses, and taster sessions: invitations, places, waiting lists, reminders and notices."""
