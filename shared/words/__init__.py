"""Wordings: the texts of messages, by recipient and language, stored in versions and rendered at the claim.

`forms`     the form of a message: its placeholders and the answers to it, declared by its planner.
`wording`   one part of a message's words: a row that operators edit.
`grammar`   checks and fills templates in the subset of Jinja that wordings may use.
`bounds`    limits on the size and depth of a body, checked before it is parsed.
`syntax`    the subset of Jinja that wordings may use, as a list.
`fit`       checks a wording against the form of its message.
`notify`    converts `((name))` and `((name??text))` of NHS and GOV.UK Notify to Jinja.
`speech`    formats days, times and lists in English and Welsh.
`filling`   turns a message's data and its reader into values, each capped and cleaned.
`book`      finds the wording for a reader and renders it.
`page`      formats the text of an e-mail as a web page.
`samples`   readers and data for lint, tests and the gallery, with the worst cases.
`lint`      finds faults in a wording, with reasons.
`rules`     the rules of the lint.
`files`     wordings as TOML: planners ship them, operators export and import them.
`store`     wordings and forms in PostgreSQL.
"""
