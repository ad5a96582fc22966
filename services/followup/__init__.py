"""Goal follow-up: asks how a goal went, and how sure the patient is; and messages after a missed appointment."""
