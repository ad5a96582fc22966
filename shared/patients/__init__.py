"""Patients: who is who, how they are reached, and what they have opted out of."""
