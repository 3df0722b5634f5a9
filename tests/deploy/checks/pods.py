"""What pods may do, and where their images come from."""

from collections.abc import Iterator

from tests.deploy.checks.objects import Manifest, Objects, own_pods, pods

OWN = "flet-montrg/"
_OFF = ("automountServiceAccountToken", "enableServiceLinks")


def pods_are_restricted(objects: Objects) -> Iterator[str]:
    """Every pod of the namespace meets its level, `restricted`, and the project's own rules beyond."""
    for pod in own_pods(objects):
        yield from (f"{pod.owner} {words}" for words in _open(pod.spec))
        for container in pod.containers:
            rights = container.get("securityContext", {})
            if rights.get("allowPrivilegeEscalation") is not False or rights.get("privileged"):
                yield f"{pod.owner}: {container['name']} may gain rights"
            if rights.get("capabilities", {}) != {"drop": ["ALL"]}:
                yield f"{pod.owner}: {container['name']} keeps capabilities"
            if rights.get("readOnlyRootFilesystem") is not True:
                yield f"{pod.owner}: {container['name']} may write into its image"


def _open(spec: Manifest) -> Iterator[str]:
    security = spec.get("securityContext", {})
    if not security.get("runAsNonRoot") or not security.get("runAsUser"):
        yield "may run as root, or does not say as whom by number"
    if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "may make any system call"
    yield from (f"does not turn {name} off" for name in _OFF if spec.get(name) is not False)
    yield from (f"has {name}" for name in ("hostNetwork", "hostPID", "hostIPC") if spec.get(name))
    if any("hostPath" in volume for volume in spec.get("volumes", ())):
        yield "mounts a folder of the node"


def images_are_at_hand_or_pinned(objects: Objects) -> Iterator[str]:
    """A tag that moves is only for images that are built here, which no node tries to pull while it has them."""
    for pod in pods(objects, own=False):
        for container in pod.containers if "operated" not in pod.spec else ():
            image = container.get("image", "")
            tag = image.rpartition("@sha256:")[2] if "@sha256:" in image else image.rpartition(":")[2]
            if ":" not in image.rpartition("/")[2] or (tag == "latest" and not image.startswith(OWN)):
                yield f"{pod.owner}: {image} is another image each day"
            if container.get("imagePullPolicy") != "IfNotPresent":
                yield f"{pod.owner}: {image} would be pulled each time, which fails for what is built here"


def images_are_pinned(objects: Objects, version: str) -> Iterator[str]:
    """Nothing has a tag that moves, and what is the project's own has its version."""
    for pod in own_pods(objects):
        for image in (container["image"] for container in pod.containers):
            if image.endswith(":latest") or (image.startswith(OWN) and not image.endswith(f":{version}")):
                yield f"{pod.owner}: {image} is not at {version}"
