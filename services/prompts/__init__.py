"""Agenda prompts, reminders and notices for appointments."""
