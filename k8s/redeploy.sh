#!/usr/bin/env bash
# Builds the images anew, loads them into the Kind cluster, migrates, and replaces every pod, one after another.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=lib.sh
source lib.sh
need kind kubectl make
use_engine
[[ $(kubectl config current-context) == "kind-$CLUSTER" ]] ||
  fail "kubectl points at another cluster: kubectl config use-context kind-$CLUSTER"

make -C .. images
load_images
# The same tag holds other content now, which no object shows: so pods that there were before are restarted.
before=$(kube get deployments --selector "$PODS" --output name 2>/dev/null || true)
# A Job's template never changes, and this is its next run.
kube delete job migrations --ignore-not-found
kubectl apply -k overlays/kind
wait_for_migrations
if [[ -n $before ]]; then
  kube rollout restart deployment --selector "$PODS"
fi
for service in "${SERVICES[@]}" gateway; do
  wait_for_rollout "$service-service"
done
