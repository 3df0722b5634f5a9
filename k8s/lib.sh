# shellcheck shell=bash
# What the scripts of this folder share; they source it.

NAMESPACE=flet-montrg
CLUSTER=flet-montrg
# The services' folders, and what the deployments and Secrets of each begin with.
SERVICES=(thresholds location realtime aggregation alert alert-history)
# Whose pods callers from outside reach, and new images replace.
# shellcheck disable=SC2034  # the scripts use it
PODS="app.kubernetes.io/component in (service, gateway)"
# Every image of the project, without its tag.
IMAGES=("${SERVICES[@]/%/-service}" envoy montrg postgres)

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "$@"
  exit 1
}

# need PROGRAM...: ends unless each of them is installed.
need() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || fail "$program is not installed; docs/deploy.md says where it comes from"
  done
}

kube() { kubectl --namespace "$NAMESPACE" "$@"; }

# require_secret NAME EXAMPLE: ends, and says what to do, unless the Secret is there.
require_secret() {
  kube get secret "$1" --output name >/dev/null 2>&1 && return
  say "There is no Secret $1 in the namespace $NAMESPACE. Make it of the example:"
  say "  cp k8s/$2 /tmp/$1.yaml, put the real values in, kubectl apply -f /tmp/$1.yaml, and remove that file."
  exit 1
}

# obstacle APP: prints one line of what keeps its pods from running: no room, no image, an end soon after each start.
obstacle() {
  local pod='{.status.conditions[?(@.reason=="Unschedulable")].message}'
  pod+=' {.status.initContainerStatuses[*].state.waiting.message} {.status.containerStatuses[*].state.waiting.message}'
  kube get pods --selector "app=$1" --output "jsonpath={range .items[*]}$pod{\"\n\"}{end}" 2>/dev/null |
    sed -n '/[^ ]/{s/^ *//;p;q;}' || true
}

# wait_for_rollout DEPLOYMENT: waits until all of its pods are new and ready, and tells what they wait for.
wait_for_rollout() {
  local end=$((SECONDS + ${MONTRG_ROLLOUT_S:-900})) told="" waiting
  until kube rollout status "deployment/$1" --timeout=10s >/dev/null 2>&1; do
    waiting=$(kube logs --selector "app=$1" --container wait-for-database --since=15s --tail=1 2>/dev/null || true)
    if [[ -n $waiting ]]; then
      waiting="waits for its database, where k8s/migrations/deploy.sh makes the schemas: $waiting"
    else
      waiting=$(obstacle "$1")
      waiting=${waiting:+does not run yet: $waiting}
    fi
    if [[ -n $waiting && $waiting != "$told" ]]; then
      say "$1 $waiting"
      told=$waiting
    fi
    if ((SECONDS > end)); then
      kube get pods --selector "app=$1" >&2
      fail "$1 is not ready after ${MONTRG_ROLLOUT_S:-900} s: kubectl describe pods -n $NAMESPACE -l app=$1"
    fi
  done
  say "$1 runs"
}

# wait_for_migrations: waits until the Job has ended, and tells what it says meanwhile: a failure is tried again, and
# the log goes with the last try.
wait_for_migrations() {
  local end=$((SECONDS + ${MONTRG_MIGRATIONS_S:-900})) told="" state="" waiting
  until [[ $state == *Complete* ]]; do
    ((SECONDS < end)) || fail "the migrations are not done after ${MONTRG_MIGRATIONS_S:-900} s:" \
      "kubectl describe pods -n $NAMESPACE -l app=migrations"
    sleep 2
    state=$(kube get job migrations --output 'jsonpath={.status.conditions[?(@.status=="True")].type}')
    waiting=$(kube logs job/migrations --tail=5 2>/dev/null || true)
    waiting=${waiting:-$(obstacle migrations)}
    if [[ -n $waiting && $waiting != "$told" ]]; then
      say "migrations: $waiting"
      told=$waiting
    fi
    [[ $state != *Failed* ]] || fail "the migrations failed"
  done
}

# engine: prints the words of the command that builds images, as `make images` chooses it: ENGINE, docker or podman.
engine() {
  local program
  if [[ -n ${ENGINE:-} ]]; then
    printf '%s\n' "$ENGINE"
    return
  fi
  for program in docker podman; do
    if command -v "$program" >/dev/null && "$program" info >/dev/null 2>&1; then
      printf '%s\n' "$program"
      return
    fi
  done
  fail "neither docker nor podman runs here; docs/deploy.md says where they come from"
}

# is_podman WORD...: whether that command is podman, which may be called docker, too.
is_podman() { [[ $("$@" --version) == *podman* ]]; }

# use_engine: ends unless images can be built, and has kind use what builds them. By itself it takes any docker that it
# finds, also one that does not run.
use_engine() {
  local words
  words=$(engine)
  read -ra words <<<"$words"
  if is_podman "${words[@]}"; then
    export KIND_EXPERIMENTAL_PROVIDER=${KIND_EXPERIMENTAL_PROVIDER:-podman}
  fi
}

# load_images: puts the images on the cluster's node, under the names that Kubernetes knows them by.
load_images() {
  local image archive words
  read -ra words <<<"$(engine)"
  archive=$(mktemp -t flet-montrg-XXXXXX.tar)
  # shellcheck disable=SC2064  # the file's name as it is now
  trap "rm -f '$archive'" EXIT
  if is_podman "${words[@]}"; then
    # A name without a registry is docker.io's for Kubernetes; podman keeps it as this machine's own.
    for image in "${IMAGES[@]}"; do
      "${words[@]}" tag "flet-montrg/$image:latest" "docker.io/flet-montrg/$image:latest"
    done
    words+=(save --multi-image-archive)
  else
    words+=(save)
  fi
  # All in one: they share most of what they hold.
  local names=("${IMAGES[@]/#/docker.io/flet-montrg/}")
  "${words[@]}" --output "$archive" "${names[@]/%/:latest}"
  kind load image-archive "$archive" --name "$CLUSTER"
  rm -f "$archive"
}
