"""Ways out of the house for what people are told: who wants what, what is sent by which way, and what becomes of it."""
