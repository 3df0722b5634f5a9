"""Two pods of each service, restarted one after the other as a cluster does it, under calls that may not fail.

A pod is a process and its Envoy on a loopback address. Neighbours call through an egress port, which finds the pods by
name; clients of REST and gRPC from outside have one address that deals their connections out, as kube-proxy does. In
the secure profile all of it is TLS with tokens, and meanwhile everybody gets new certificates, of a new authority, too.

`make soak` restarts all six services in both profiles; `make test` one of them in one, another each day.
"""

import asyncio
from contextlib import AsyncExitStack

import asyncpg
import pytest

from services.catalog import service
from services.common.access.gate import OpenGate
from services.common.channels import connect
from services.location.app import APP as LOCATION
from tests.support.callers_of import CALLERS, SENSOR
from tests.support.directory import make_place, register
from tests.support.entry import Plain, Signed
from tests.support.mesh import Mesh, start_beside
from tests.support.pods import Stopping
from tests.support.rolling import ADDRESSES, running_clusters
from tests.support.soak import kills, turn
from tests.support.traffic import traffic

# A round of all six in both profiles takes ten minutes of the hour that a hundred kills are.
ROUNDS = kills(usual=0, share=0.01)
IS_SHORT = ROUNDS == 0
STOPPING = Stopping(0.5, 3.0) if IS_SHORT else Stopping(1.0, 10.0)
AROUND_S = 1.0
# All six at once are to leave some of the machine to those that start.
PAUSE_S = 0.05 if IS_SHORT else 0.3
PROFILES = ("dev", "secure")


def wanted():
    """The profiles that are tried, and the services of which pods are restarted."""
    if not IS_SHORT:
        return PROFILES, tuple(CALLERS)
    nth, nth_profile = divmod(turn(len(CALLERS) * len(PROFILES)), len(PROFILES))
    return PROFILES[nth_profile : nth_profile + 1], [tuple(CALLERS)[nth]]


RUN_IN, RESTARTED = wanted()


@pytest.fixture(scope="module", params=RUN_IN, ids=["by turns"] if IS_SHORT else RUN_IN)
def entry(request, tmp_path_factory):
    print(f"{request.param}: {', '.join(RESTARTED)}")
    if request.param == "dev":
        return Plain()
    return Signed(tmp_path_factory.mktemp("entry"), CALLERS, ADDRESSES)


@pytest.fixture(scope="module")
async def clusters(admin_url, tmp_path_factory, entry):
    mesh = Mesh(admin_url, OpenGate(), entry.certificates)
    try:
        await mesh.start(LOCATION)
        async with connect(entry.target(mesh.port(LOCATION.name), "location-service")) as channel:
            await make_place(channel)
            await register(channel, SENSOR)
        # What is called is not what is restarted, unless all of it is.
        if IS_SHORT:
            for called in {called for name in RESTARTED for called in service(name).calls}:
                if not mesh.runs(called):
                    await start_beside(mesh, called)
        else:
            await mesh.stop(LOCATION)
        folder = tmp_path_factory.mktemp("pods")
        async with running_clusters(RESTARTED, mesh, admin_url, folder, entry) as clusters:
            yield clusters
    finally:
        await mesh.close()


@pytest.mark.timeout(300 if IS_SHORT else 1_800 * ROUNDS)
async def test_pods_are_restarted_one_after_the_other_and_no_call_fails(clusters, entry, admin_url):
    callers = {}
    everybody = {}
    async with AsyncExitStack() as stack:
        for name, cluster in clusters.items():
            callers[name] = CALLERS[name](cluster, stack)
            running = traffic(callers[name].calls(), callers[name].watches(), PAUSE_S)
            everybody[name] = await stack.enter_async_context(running)
        await asyncio.sleep(AROUND_S)
        for nth, together in restarts(list(clusters.values())):
            ended = [cluster.restart(cluster.pods[nth], STOPPING) for cluster in together]
            codes, _ = await asyncio.gather(asyncio.gather(*ended), entry.renew(with_authority=nth == 0))
            assert codes == [[0, 0]] * len(together)
            await asyncio.sleep(AROUND_S)
            print(f"{', '.join(each.name for each in together)}, pod {nth}:", told_by(everybody))
            assert [each for running in everybody.values() for each in running.failed] == []
    connection = await asyncpg.connect(admin_url)
    for name, caller in callers.items():
        print(name, dict(everybody[name].answered))
        assert everybody[name].failed == []
        assert everybody[name].kinds == everybody[name].answered.keys(), "not everything was answered, or ended, once"
        assert await connection.fetchval(caller.stored) == caller.acknowledged > 0
        assert caller.resumed or not caller.resumes, "no stream went on elsewhere"
    await connection.close()


def told_by(everybody):
    answered = sum(running.answered.total() for running in everybody.values())
    return f"{answered} answered, {sum(len(running.failed) for running in everybody.values())} failed"


def restarts(clusters):
    """Which pod of which services is restarted when: in short all at once, else one after the other."""
    if IS_SHORT:
        return [(nth, clusters) for nth in range(len(ADDRESSES))]
    return [(nth, [cluster]) for _ in range(ROUNDS) for cluster in clusters for nth in range(len(ADDRESSES))]
