import type { Filter } from '$/model/alerts';
import { asLevel } from '$/model/levels';
import { route } from '$/parts/route.svelte';

/** What the address wants to be shown: `#/alerts?level=red&factory=Press&unacknowledged=1`. */
export function readFilter(): Filter {
  return {
    level: asLevel(route.query.get('level') ?? ''),
    factory: route.query.get('factory') ?? '',
    unacknowledged: route.query.has('unacknowledged'),
  };
}

/** Puts it into the address, so that it can be passed on; no step to go back to for each choice. */
export function writeFilter({ level, factory, unacknowledged }: Filter): void {
  const query = { level: level ?? '', factory, unacknowledged: unacknowledged ? '1' : '' };
  route.go(route.path.join('/'), query, { replace: true });
}
