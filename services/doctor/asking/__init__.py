"""Whoever gets the facts: from this machine, the database, the processes, Envoy, and the services' own contracts."""
