"""Grafana's dashboards, rendered as JSON into k8s/components/monitoring/grafana/dashboards by `make generate`."""
