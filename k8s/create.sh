#!/usr/bin/env bash
# Makes a cluster in Kind, builds the images, and runs everything in it. Running it again goes on where it stopped.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=lib.sh
source lib.sh
need kind kubectl make
use_engine

if ! kind get clusters | grep --quiet --line-regexp "$CLUSTER"; then
  kind create cluster --config overlays/kind/kind-config.yaml --wait 180s
fi
kubectl config use-context "kind-$CLUSTER"
./redeploy.sh

say "This profile is for development: no login and no TLS, and on this machine alone."
say "The dashboard, and everything that is below, on one port: http://127.0.0.1:30000/"
say "REST, gRPC and gRPC-Web, each with /docs:"
kubectl get services --namespace "$NAMESPACE" --selector "$PODS" --output \
  jsonpath='{range .items[?(@.spec.type=="NodePort")]}{"  http://127.0.0.1:"}{.spec.ports[0].nodePort}{"/docs  "}{.metadata.name}{"\n"}{end}'
