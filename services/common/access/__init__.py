"""Who calls, and what they may do: roles and reach from the contracts' one table, factories from the caller."""
