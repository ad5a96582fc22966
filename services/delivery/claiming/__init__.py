"""What is due is claimed and decided: send, wait or withhold."""
