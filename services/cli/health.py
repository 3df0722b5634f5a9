"""What `montrg health` does: asks a service's process of this machine how it is, for those who cannot ask over gRPC."""

import argparse

from services import catalog

CALL_S = 5.0
# What services.common.server reports; to import that takes longer than to ask.
READY = "ready"


def health(arguments: argparse.Namespace) -> int:
    """Prints how the service is; returns 0 if it is ready and 1 if not."""
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    from services.common.settings import Environment, grpc_port

    port = grpc_port(catalog.service(arguments.service), Environment())
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
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
