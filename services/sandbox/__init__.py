"""Replaces Twilio and the mail server on one machine, and shows each patient's phone. Never used in production."""
