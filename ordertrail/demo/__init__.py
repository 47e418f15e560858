"""Everything on one machine: simulated providers, the recorder, a broker, and a live view of it."""
