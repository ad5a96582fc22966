"""Who is who: identifiers, contacts, flags and merges."""
