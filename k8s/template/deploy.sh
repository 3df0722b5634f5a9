#!/usr/bin/env bash
# Deploys the ${name} service into the cluster that kubectl points at, and waits until it runs.
exec "$$(dirname "$$0")/../deploy-service.sh" ${folder}
