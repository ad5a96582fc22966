"""What patients text back, read by rules that explain themselves and prefer a person to a guess.

`reading`     a text becomes its meaning, what is urgent in it, and why.
`meaning`     the closed set of meanings.
`plain`       one spelling for many ways to write: digits, quotes, accents, what nobody sees.
`tokens`      the one answer that a text consists of, and nothing but.
`party`       how many come, where that answer is IN.
`stopping`    no more texts, or texts again.
`topics`      what no rule may answer: a death, a wrong number, another day.
`urgent`      words that mean harm: they only ever escalate.
`agenda`      the items of a list as people write them.
`vocabulary`  the words themselves, from `words.toml` and `urgent.toml`: they await review by clinicians.
"""
