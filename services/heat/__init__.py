"""What the system measures and how it judges: formula, levels and the resolver. Pure, shared by the services."""
