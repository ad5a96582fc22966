"""Lists for clinicians and organisers, read at the claim."""
