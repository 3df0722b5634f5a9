from google.api import httpbody_pb2 as _httpbody_pb2
from montrg.aggregation.v1 import aggregation_service_pb2 as _aggregation_service_pb2
from montrg.type.v1 import access_pb2 as _access_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
