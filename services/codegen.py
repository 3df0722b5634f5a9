"""Generates `gen/` from `protos/`: descriptor set, Python modules, type stubs, OpenAPI documents, words of the page.

The descriptor set comes from buf (with imports and comments, as Envoy and the OpenAPI generator want it), and
the Python modules from the pinned grpcio-tools, so that one parser decides what the contracts say.
"""

import json
import subprocess
import sys
from pathlib import Path

from google.protobuf import descriptor_pb2

from services.alert.notify.texts import LANGUAGES
from services.mesh.descriptors import for_envoy
from services.mesh.openapi import write_openapi

ROOT = Path(__file__).resolve().parent.parent


def build_descriptor_set(destination: Path) -> None:
    """Writes all contracts and their imports as one FileDescriptorSet."""
    # error_details.proto is imported by no contract, but Envoy prints an error's details only if it knows them.
    buf = Path(sys.executable).with_name("buf")
    subprocess.run([str(buf), "build", "-o", str(destination)], cwd=ROOT, check=True)  # noqa: S603


def own_files(descriptor_set: Path) -> list[str]:
    """Lists the proto files that are the project's own; google's come as Python packages."""
    files = descriptor_pb2.FileDescriptorSet.FromString(descriptor_set.read_bytes())
    return sorted(f.name for f in files.file if f.name.startswith("montrg/"))


def generate(destination: Path) -> None:
    """Writes everything generated below `destination`, which stands for `gen/`."""
    destination.mkdir(parents=True, exist_ok=True)
    descriptor_set = destination / "montrg.binpb"
    build_descriptor_set(descriptor_set)
    contracts = descriptor_pb2.FileDescriptorSet.FromString(descriptor_set.read_bytes())
    (destination / "envoy.binpb").write_bytes(for_envoy(contracts).SerializeToString(deterministic=True))
    command = [sys.executable, "-m", "grpc_tools.protoc", f"--descriptor_set_in={descriptor_set}"]
    command += [f"--{kind}_out={destination}" for kind in ("python", "pyi", "grpc_python")]
    subprocess.run([*command, *own_files(descriptor_set)], check=True)  # noqa: S603
    # A real package, so that type checkers and the wheel find it; its folders below are namespaces.
    (destination / "montrg" / "__init__.py").write_text('"""Generated from protos/ by `make generate`."""\n')
    write_openapi(descriptor_set, destination / "openapi")
    write_words(destination / "words.json")


def write_words(destination: Path) -> None:
    """Writes what messages call levels, metrics and alerts, and what the law asks, for the page to say the same."""
    words = {
        language: {
            "levels": dict(phrases.levels),
            "types": dict(phrases.types),
            "metrics": dict(phrases.metrics),
            "floor": phrases.floor,
            "basement": phrases.basement,
            "advice": [{"from": least, "text": text} for least, text in phrases.advice],
        }
        for language, phrases in LANGUAGES.items()
    }
    destination.write_text(json.dumps(words, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "gen")
