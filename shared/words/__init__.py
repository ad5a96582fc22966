"""Words: what messages say, to whom and in which language, kept by version and filled at the claim.

`forms`     what a message of one name may say, and which answers it understands: declared by its planner.
`wording`   one part of a message's words: a row that operators tune.
`grammar`   the part of Jinja that wordings may use: checked, and filled.
`bounds`    how much a body may hold, before anything reads it.
`syntax`    the part of Jinja that wordings may use, as a list.
`fit`       whether a wording fits the form of its message.
`notify`    `((name))` and `((name??text))` of NHS and GOV.UK Notify, as Jinja writes them.
`speech`    days, times and lists as English and Welsh write them.
`filling`   a message's data and its reader become values, each capped and cleaned.
`book`      finds the wording for a reader and renders it.
`page`      an e-mail's words as a web page.
`samples`   readers and data for lint, tests and the gallery: the worst that can come.
`lint`      what is wrong with a wording, with reasons.
`rules`     what the lint holds a wording against.
`files`     wordings as TOML: how planners ship them, and operators export and import them.
`store`     wordings and forms in PostgreSQL.
"""
