"""Alert: judges every reading once, raises alerts, and tells whom they concern. Owns alerts and subscriptions."""
