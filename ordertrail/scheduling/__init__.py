"""What to ask next under a request budget. Pure: no clock, no disk, no network."""
