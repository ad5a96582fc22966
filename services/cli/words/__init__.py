"""`cocreate words`: what messages say, as operators list, try, check and change it.

`commands`   the commands and their options; loads the others when they are called.
`shipped`    the defaults and forms of every service.
`standing`   which words stand: kept in the database, shipped, or in a file.
`reading`    `list` and `show`.
`examples`   invented data and readers that words are shown with.
`trying`     words with examples in them.
`rendering`  `render`.
`checking`   `check`: what the lint finds.
`changing`   `export`, `import`, `publish` and `discard`.
`gallery`    every default for the sandbox's page.
"""
