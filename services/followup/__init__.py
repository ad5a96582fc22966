"""Asks how a goal went, what got in the way and how sure the patient is; and writes after a missed appointment."""
