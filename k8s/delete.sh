#!/usr/bin/env bash
# Deletes the Kind cluster, with all data in it.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=lib.sh
source lib.sh
need kind
use_engine
kind delete cluster --name "$CLUSTER"
