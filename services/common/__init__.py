"""What every service needs and none owns: server, errors, logs, settings, database, paging, clocks, channels."""
