from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Role(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROLE_UNSPECIFIED: _ClassVar[Role]
    ROLE_VIEWER: _ClassVar[Role]
    ROLE_OPERATOR: _ClassVar[Role]
    ROLE_ENGINEER: _ClassVar[Role]
    ROLE_ADMIN: _ClassVar[Role]

class Reach(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REACH_UNSPECIFIED: _ClassVar[Reach]
    REACH_OWN: _ClassVar[Reach]
    REACH_COMMON: _ClassVar[Reach]
    REACH_ALL: _ClassVar[Reach]
ROLE_UNSPECIFIED: Role
ROLE_VIEWER: Role
ROLE_OPERATOR: Role
ROLE_ENGINEER: Role
ROLE_ADMIN: Role
REACH_UNSPECIFIED: Reach
REACH_OWN: Reach
REACH_COMMON: Reach
REACH_ALL: Reach
ACCESS_FIELD_NUMBER: _ClassVar[int]
access: _descriptor.FieldDescriptor

class Access(_message.Message):
    __slots__ = ("role", "reach", "callers", "devices", "mesh")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    REACH_FIELD_NUMBER: _ClassVar[int]
    CALLERS_FIELD_NUMBER: _ClassVar[int]
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    MESH_FIELD_NUMBER: _ClassVar[int]
    role: Role
    reach: Reach
    callers: _containers.RepeatedScalarFieldContainer[str]
    devices: bool
    mesh: bool
    def __init__(self, role: _Optional[_Union[Role, str]] = ..., reach: _Optional[_Union[Reach, str]] = ..., callers: _Optional[_Iterable[str]] = ..., devices: _Optional[bool] = ..., mesh: _Optional[bool] = ...) -> None: ...
