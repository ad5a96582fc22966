"""What goal follow-up, and the note after a missed appointment, say; nothing plans them yet."""
