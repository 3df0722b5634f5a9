import { now } from '$/api/clock';

/** The mesh's time in ms, renewed each second while anybody looks at it. */
class Ticking {
  now = $state(now());

  constructor() {
    setInterval(() => (this.now = now()), 1_000);
  }
}

export const ticking = new Ticking();
