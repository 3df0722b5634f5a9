"""Who changed what: written in the change's own transaction, and delivered to the audit trail afterwards."""
