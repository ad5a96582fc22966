"""When messages may leave: opening hours, bank holidays, working days, and the minute that is a patient's own."""
