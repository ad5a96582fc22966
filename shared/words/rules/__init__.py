"""The rules of the lint, and their tools.

`faults`       the names of rules, and the findings.
`trial`        renders a wording in each branch.
`asking`       finds the answers that a text asks for.
`answering`    checks that answers reach us, are known, and have one meaning.
`length`       checks the segments of a text, and the length of a line.
`vocabulary`   finds words that reveal a condition or a treatment.
`links`        finds links that a phone would make, and their domains.
`reading_age`  estimates the reading age of a text.
`across`       compares wordings with one another.
"""
