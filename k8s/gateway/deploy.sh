#!/usr/bin/env bash
# Rendered by `make generate`: edit k8s/template/deploy.sh.
# Deploys the gateway service into the cluster that kubectl points at, and waits until it runs.
exec "$(dirname "$0")/../deploy-service.sh" gateway
