"""What is kept secret: encryption of what is kept, and links that only we can have made."""
