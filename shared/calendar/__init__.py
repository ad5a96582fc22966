"""When messages may leave: opening hours, bank holidays, working days, and a minute of each patient's own."""
