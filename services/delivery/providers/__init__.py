"""The providers that carry messages, Twilio and an SMTP relay, and the outcomes of handing a message over."""
