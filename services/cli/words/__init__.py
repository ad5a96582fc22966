"""`cocreate words`: lists, renders, checks and changes the wordings of messages.

`commands`   the commands and their options; loads the other modules when they are called.
`shipped`    the default wordings and forms of every service.
`standing`   loads wordings: from the database, from the services' defaults, or from a file.
`reading`    `list` and `show`.
`examples`   invented data and readers for rendering.
`trying`     renders wordings with examples.
`rendering`  `render`.
`checking`   `check`: runs the lint.
`changing`   `export`, `import`, `publish` and `discard`.
`gallery`    samples of every default wording for the sandbox's page.
"""
