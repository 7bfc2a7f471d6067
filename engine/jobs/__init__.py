"""What happens by itself: due times, side effects, dead workers. Fills the outbox port of the services; DBOS is known only here."""
