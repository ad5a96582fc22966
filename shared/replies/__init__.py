"""Patients' replies by text, read by rules that give their reason and leave to a person what would be a guess.

`reading`     reads a text: its meaning, its urgent phrases, and the rules that decided.
`meaning`     the closed set of meanings.
`prepared`    a text in the forms that the rules match.
`plain`       normalises spelling: digits, quotes, accents, invisible characters.
`tokens`      the one answer token of which a text consists.
`party`       the size of the party after the token IN.
`stopping`    opt-outs from texts, and opting in again.
`topics`      topics that only a person may answer: a death, a wrong number, another day.
`beside`      an answer with own words after it.
`unsafe`      phones that somebody else reads (`unsafe.toml`).
`concepts`    what concepts say together, by kind (`concepts.toml`).
`spelling`    undoes the spelling of hurried typing.
`foreign`     short texts in languages that we do not write (`foreign.toml`).
`lookalikes`  look-alike letters, and digits for letters (`lookalikes.toml`).
`urgent`      phrases that suggest harm: they only ever escalate.
`agenda`      the items of a list as people write them.
`vocabulary`  the vocabulary of the rules, from `words.toml` and `urgent.toml`: it awaits review by clinicians.
"""
