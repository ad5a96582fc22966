"""The providers that carry messages: Twilio and SMTP, and what they may answer."""
