"""The gateway: takes requests from Twilio, clinics and mail clients, and writes them to Kafka."""
