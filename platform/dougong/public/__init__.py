"""Public pages: forms that a stranger may fill in and queries that a stranger may ask, and nothing else."""
