"""The contracts as Envoy is given them: REST paths lead to the services that answer in JSON, where there are such."""

from google.api import annotations_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet, ServiceDescriptorProto

from services.mesh.contracts import json_twins


def for_envoy(contracts: FileDescriptorSet) -> FileDescriptorSet:
    """Returns the descriptors with the REST bindings where they are answered, and without comments."""
    result = FileDescriptorSet()
    result.CopyFrom(contracts)
    services = {f"{file.package}.{service.name}": service for file in result.file for service in file.service}
    for name, original in json_twins(services):
        _move_bindings(services[original], services[name])
    for file in result.file:
        file.ClearField("source_code_info")
    return result


def _move_bindings(original: ServiceDescriptorProto, twin: ServiceDescriptorProto) -> None:
    of_twin = {method.name: method for method in twin.method}
    for method in original.method:
        if method.name in of_twin:
            options = of_twin[method.name].options
            options.Extensions[annotations_pb2.http].CopyFrom(method.options.Extensions[annotations_pb2.http])
            method.options.ClearExtension(annotations_pb2.http)
