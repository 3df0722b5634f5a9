#!/usr/bin/env bash
# Brings the database to the newest schema, with the images that the cluster has, and waits until that is done.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=../lib.sh
source lib.sh
need kubectl

kubectl apply -f namespace/namespace.yaml
require_secret migrations-secret migrations/secret.example
# The roles get the passwords that the services log in with.
for service in "${SERVICES[@]}"; do
  require_secret "$service-service-secret" "$service/secret.example"
done
# A Job's template never changes.
kube delete job migrations --ignore-not-found
kubectl apply -f migrations/
wait_for_migrations
