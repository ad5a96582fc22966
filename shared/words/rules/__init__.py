"""The rules of the lint, and what they read a wording by.

`faults`       what may be wrong.
`trial`        what a wording says in each branch.
`asking`       which answers a text asks for.
`answering`    whether those reach us, are understood, and mean one thing.
`length`       what a text is paid for.
`vocabulary`   words that tell what somebody is treated for.
`links`        what a phone makes a link of, and where it leads.
`reading_age`  how old a reader must be.
`across`       what is wrong between wordings.
"""
