"""What a request budget buys: fleets in virtual time, policies that look at them, and how late they are."""
