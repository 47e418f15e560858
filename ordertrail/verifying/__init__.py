"""Is the log what was once stored? Every row against its receipt, every receipt against the seals, every
stream against itself, every judgement judged again."""
