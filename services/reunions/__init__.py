"""Invites to whatever has places: reunions of courses, and taster sessions; tells everybody where they stand."""
