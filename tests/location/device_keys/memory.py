"""A store of device keys in memory, which passes the same tests as the SQL one."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from services.common.access.domain import Scope
from services.common.paging import PageRequest
from services.location.device_keys.domain import DeviceKey, DeviceKeyFilter, DeviceKeys, Use, no_such_sensors


class MemoryDeviceKeys:
    """Satisfies DeviceKeyStore; `places` has the plant and factory of each sensor."""

    def __init__(self) -> None:
        self.revision = 1
        self.places: dict[str, tuple[str, str]] = {}
        self._keys: dict[str, DeviceKey] = {}

    async def add_sensor(self, sensor_id: str, plant: str, factory: str) -> None:
        self.places[sensor_id] = (plant, factory)

    async def delete_sensor(self, sensor_id: str) -> None:
        del self.places[sensor_id]
        for key in list(self._keys.values()):
            if sensor_id in key.sensor_ids:
                left = tuple(one for one in key.sensor_ids if one != sensor_id)
                self._keys[key.key_id] = replace(key, sensor_ids=left)
                self._keys = {key_id: key for key_id, key in self._keys.items() if key.sensor_ids}
                self.revision += 1

    async def list(self, request: PageRequest, wanted: DeviceKeyFilter, scope: Scope) -> Sequence[DeviceKey]:
        found = [key for _, key in sorted(self._keys.items()) if self._is_in(key, scope)]
        found = [key for key in found if wanted.sensor_id is None or wanted.sensor_id in key.sensor_ids]
        found = [key for key in found if request.after is None or (key.key_id,) > request.after]
        return found[request.skip : request.skip + request.limit + 1]

    async def get(self, key_id: str, scope: Scope) -> DeviceKey | None:
        key = self._keys.get(key_id)
        return key if key is not None and self._is_in(key, scope) else None

    async def add(self, new: DeviceKey, scope: Scope) -> None:
        known = {one for one, place in self.places.items() if scope.covers(*place)}
        missing = [one for one in new.sensor_ids if one not in known]
        if missing:
            raise no_such_sensors(missing)
        self._keys[new.key_id] = new
        self.revision += 1

    async def change(self, key_id: str, change: Callable[[DeviceKey], DeviceKey], scope: Scope) -> DeviceKey | None:
        key = await self.get(key_id, scope)
        if key is None:
            return None
        self._keys[key_id] = change(key)
        self.revision += 1
        return self._keys[key_id]

    async def delete(self, key_id: str, scope: Scope) -> bool:
        if await self.get(key_id, scope) is None:
            return False
        del self._keys[key_id]
        self.revision += 1
        return True

    async def all(self, known_revision: int | None) -> DeviceKeys | None:
        if known_revision == self.revision:
            return None
        return DeviceKeys(self.revision, [key for _, key in sorted(self._keys.items())])

    async def take_down(self, uses: Sequence[Use]) -> None:
        for use in uses:
            key = self._keys.get(use.key_id)
            if key is not None and (key.last_use_time is None or key.last_use_time < use.use_time):
                changed = replace(key, last_use_time=use.use_time, last_use_address=use.address)
                self._keys[use.key_id] = changed

    def _is_in(self, key: DeviceKey, scope: Scope) -> bool:
        return all(scope.covers(*self.places[one]) for one in key.sensor_ids)
