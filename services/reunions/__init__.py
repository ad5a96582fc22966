"""What invitations to a group's meeting say; nothing plans them yet."""
