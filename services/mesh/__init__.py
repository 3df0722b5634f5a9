"""The mesh: renders Envoy's configuration and the OpenAPI documents from the catalog and the contracts."""
