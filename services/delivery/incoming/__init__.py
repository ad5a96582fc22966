"""What comes back from patients: texts, answers and unsubscribes."""
