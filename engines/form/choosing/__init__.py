"""What may be chosen: conditions of relations, and pickers that fill many rows of a sub-form at once."""
