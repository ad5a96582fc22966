"""What stands in the database between plan and patient: messages, tasks, texts, replies, waiting lists."""
