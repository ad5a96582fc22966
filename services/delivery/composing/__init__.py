"""A message is put into words, with its calendar entry, and sealed."""
