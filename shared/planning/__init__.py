"""The engine that every planner uses: facts are loaded, a rule decides, the plan is reconciled."""
