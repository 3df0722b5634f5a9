"""What a process tells Prometheus, as a test reads it."""

from montrg.operations.v1 import metrics_service_pb2 as pb2
from montrg.operations.v1 import metrics_service_pb2_grpc
from prometheus_client.parser import text_string_to_metric_families

from tests.support.mesh import eventually


class Figures:
    """The figures of one look."""

    def __init__(self, text):
        self._values: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                key = sample.name, frozenset(sample.labels.items())
                assert key not in self._values, key
                self._values[key] = sample.value

    def get(self, name, **labels):
        """A value; None where there is none."""
        return self._values.get((name, frozenset(labels.items())))

    def all(self, name, *labels):
        """All values of a name by the values of some labels."""
        return {tuple(dict(key)[label] for label in labels): v for (n, key), v in self._values.items() if n == name}


async def looked_at(channel):
    """Looks at the figures of the process behind a channel."""
    stub = metrics_service_pb2_grpc.MetricsServiceStub(channel)
    answer = await stub.GetMetrics(pb2.GetMetricsRequest())
    return Figures(answer.data.decode())


async def shows(channel, check, seconds=30.0):
    """Looks until something is true of the figures; returns those."""
    last = None

    async def is_true():
        nonlocal last
        last = await looked_at(channel)
        return check(last)

    await eventually(is_true, seconds)
    return last
