"""The descriptors that Envoy is given: REST paths lead to a service that answers in JSON where there is one."""

from google.api import annotations_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from services.mesh.contracts import json_twins
from services.mesh.options import DESCRIPTOR_SET, ENVOY_DESCRIPTOR_SET, ROOT

TYPED, JSON = (f"montrg.aggregation.v1.Aggregation{kind}" for kind in ("Service", "JsonService"))


def bindings(which):
    files = FileDescriptorSet.FromString(ROOT.joinpath(*which).read_bytes()).file
    return {
        (f"{file.package}.{service.name}", method.name): method.options.Extensions[annotations_pb2.http].get
        for file in files
        for service in file.service
        for method in service.method
        if method.options.HasExtension(annotations_pb2.http)
    }


def test_the_paths_of_a_service_are_those_of_its_twin_in_json():
    ours, envoys = bindings(DESCRIPTOR_SET), bindings(ENVOY_DESCRIPTOR_SET)
    assert ours[TYPED, "GetAggregation"] == envoys[JSON, "GetAggregation"] == "/api/v1/aggregation/pcv_temperature"
    assert (JSON, "GetAggregation") not in ours
    assert (TYPED, "GetAggregation") not in envoys
    assert (TYPED, "ExportAggregation") in envoys  # it has no twin
    assert len(ours) == len(envoys)


def test_a_name_alone_makes_no_twin():
    assert json_twins(["a.JsonService", "b.XJsonService", "b.XService"]) == [("b.XJsonService", "b.XService")]
