"""What a rule sees and wants: facts, plans, replies, tasks, waiting lists, as values and pure folds."""
