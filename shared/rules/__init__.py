"""Input and output of rules: facts, plans, replies, tasks, waiting lists, as values and pure folds."""
