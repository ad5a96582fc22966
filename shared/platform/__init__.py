"""The machine beneath: database, clock, pauses, metrics, health, faults as logs show them."""
