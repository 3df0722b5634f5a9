"""What `montrg health` does: asks a service's process of this machine how it is, for those who cannot ask over gRPC."""

import argparse
from typing import TYPE_CHECKING

from services import catalog

if TYPE_CHECKING:
    import grpc

    from services.common.settings import Environment

CALL_S = 5.0
# What services.common.server reports; to import that takes longer than to ask.
READY = "ready"


def health(arguments: argparse.Namespace) -> int:
    """Prints how the service is; returns 0 if it is ready and 1 if not."""
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    from services.common.settings import Environment, grpc_port

    service, environment = catalog.service(arguments.service), Environment()
    port = grpc_port(service, environment)
    with _channel(service, port, environment) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(service=READY), timeout=CALL_S
            )
        except grpc.RpcError as error:
            print(f"{arguments.service} on port {port} does not answer: {error.details()}")
            return 1
    is_ready = answer.status == health_pb2.HealthCheckResponse.SERVING
    print(f"{arguments.service} is {'ready' if is_ready else 'not ready'}")
    return 0 if is_ready else 1


def _channel(service: catalog.Service, port: int, environment: "Environment") -> "grpc.Channel":
    """Opens a channel to a process of this machine, in the secure profile with the service's own certificate."""
    import grpc

    from services.common.settings import SECURE, certs_dir, profile

    if profile(environment) != SECURE:
        return grpc.insecure_channel(f"127.0.0.1:{port}")
    from services.common.tls import Certificates

    credentials = Certificates(certs_dir(environment)).channel()
    options = [("grpc.ssl_target_name_override", service.host)]
    return grpc.secure_channel(f"127.0.0.1:{port}", credentials, options)
