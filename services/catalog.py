"""The one list of services: names, ports, contracts and who calls whom; and the gateway in front of all of them.

Envoy's configuration, the database roles, the Kubernetes checks, `montrg up` and the command line read it.
A service that is added here is migrated, started, health-checked and served by all of them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """One domain: a gRPC server that owns one database schema.

    Attributes:
        name: the folder under `services/`, the database schema and the Envoy cluster.
        title: what a person calls it.
        rest_port: where Envoy serves its REST, gRPC and gRPC-Web.
        grpc_port: where its own gRPC server listens; further workers of one machine do so in steps of ten above it.
        contracts: full names of its proto services that callers from outside may use.
        internal: full names of proto services that only neighbours call.
        calls: names of the services that it calls.
    """

    name: str
    title: str
    rest_port: int
    grpc_port: int
    contracts: tuple[str, ...]
    internal: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()

    @property
    def proto_services(self) -> tuple[str, ...]:
        """Full names of all its proto services."""
        return self.contracts + self.internal

    def process(self, number: int) -> str:
        """What its process of that number is called, from 1: `realtime`, `realtime-2`."""
        return self.name if number == 1 else f"{self.name}-{number}"

    @property
    def role(self) -> str:
        """The database role that the service logs in as."""
        return f"montrg_{self.name}"

    @property
    def host(self) -> str:
        """The Kubernetes Service's name, such as `alert-history-service`."""
        return f"{self.name.replace('_', '-')}-service"


@dataclass(frozen=True, slots=True)
class Gateway:
    """The one port that has every service's REST, gRPC and gRPC-Web, and the dashboard. It owns nothing.

    Attributes:
        name: what Envoy's listener is called.
        title: what a person calls it.
        rest_port: where Envoy serves it.
    """

    name: str
    title: str
    rest_port: int

    @property
    def host(self) -> str:
        """The Kubernetes Service's name."""
        return f"{self.name}-service"


GATEWAY = Gateway(name="gateway", title="Dashboard", rest_port=30000)

SERVICES: tuple[Service, ...] = (
    Service(
        name="thresholds",
        title="Thresholds",
        rest_port=30001,
        grpc_port=50051,
        contracts=("montrg.thresholds.v1.ThresholdService", "montrg.thresholds.v1.MappingService"),
        calls=("location", "alert_history"),
    ),
    Service(
        name="location",
        title="Locations and sensors",
        rest_port=30002,
        grpc_port=50052,
        contracts=(
            "montrg.location.v1.LocationService",
            "montrg.location.v1.SensorService",
            "montrg.location.v1.DeviceKeyService",
        ),
        internal=("montrg.location.v1.DeviceKeyRegistryService",),
        calls=("alert_history",),
    ),
    Service(
        name="realtime",
        title="Realtime and ingest",
        rest_port=30003,
        grpc_port=50053,
        contracts=("montrg.realtime.v1.RealtimeService", "montrg.realtime.v1.IngestService"),
        internal=("montrg.realtime.v1.ReadingLogService",),
        calls=("location", "thresholds"),
    ),
    Service(
        name="aggregation",
        title="Aggregation",
        rest_port=30004,
        grpc_port=50054,
        contracts=("montrg.aggregation.v1.AggregationService", "montrg.aggregation.v1.BackfillService"),
        internal=("montrg.aggregation.v1.AggregationJsonService",),
        calls=("location", "realtime"),
    ),
    Service(
        name="alert",
        title="Alerts",
        rest_port=30005,
        grpc_port=50055,
        contracts=(
            "montrg.alert.v1.AlertService",
            "montrg.alert.v1.SubscriptionService",
            "montrg.alert.v1.SilenceService",
            "montrg.alert.v1.NotificationService",
        ),
        calls=("location", "thresholds", "realtime", "alert_history"),
    ),
    Service(
        name="alert_history",
        title="Alert history",
        rest_port=30006,
        grpc_port=50056,
        contracts=("montrg.alert_history.v1.AlertHistoryService", "montrg.alert_history.v1.AuditService"),
        internal=(
            "montrg.alert_history.v1.AlertEventService",
            "montrg.alert_history.v1.AlertHistoryJsonService",
            "montrg.alert_history.v1.AuditRecordService",
        ),
    ),
)

# What has pods and a Service of its own in a cluster.
DEPLOYED: tuple[Service | Gateway, ...] = (*SERVICES, GATEWAY)


def service(name: str) -> Service:
    """Returns the service of that name; an unknown one is a KeyError that lists the known ones."""
    for candidate in SERVICES:
        if candidate.name == name:
            return candidate
    raise KeyError(f"no service {name!r}; there are {', '.join(s.name for s in SERVICES)}")
