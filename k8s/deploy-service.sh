#!/usr/bin/env bash
# Applies the folder of one service, or of the gateway, and waits until it runs: deploy-service.sh thresholds. Each
# folder's deploy.sh calls it.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=lib.sh
source lib.sh
need kubectl

service=${1:?name a service, such as thresholds}
[[ -f $service/deployment.yaml ]] || fail "there is no service $service; give one of ${SERVICES[*]} gateway"
host=$service-service

version_of() { kube get "$1" "$2" --output 'jsonpath={.metadata.resourceVersion}' 2>/dev/null || true; }

# Before anything else: what belongs into a namespace that is not there is refused.
kubectl apply -f namespace/namespace.yaml
# The gateway has none.
if [[ -f $service/secret.example ]]; then
  require_secret "$host-secret" "$service/secret.example"
fi
deployment=$(version_of deployment "$host")
settings=$(version_of configmap "$host-config")
kubectl apply -f "$service/"
# Pods read their settings at their start alone.
if [[ -n $deployment && $(version_of configmap "$host-config") != "$settings" ]]; then
  kube rollout restart "deployment/$host"
fi
wait_for_rollout "$host"
say "kubectl port-forward -n $NAMESPACE service/$host 8080:80, and then curl localhost:8080/health"
