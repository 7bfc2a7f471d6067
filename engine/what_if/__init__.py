"""What if: the next weeks played ahead on the deployed procedures, with other staff or more cases than now. In memory; the store is only
read, and nothing of what is played outlives it."""
