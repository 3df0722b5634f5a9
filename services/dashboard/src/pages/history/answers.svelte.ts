import { untrack } from 'svelte';

import type { Filter } from '$/model/filters';
import { isPossible } from '$/model/ranges';

import { loadLimits, type Limit } from './limits';
import { loadEach, loadTotal, type Comparison, type Total } from './load';
import type { View } from './view';

/** What the services have told of a view. */
export class Answers {
  /** What it is of; while others are on their way it stays, and looks old. Unset where there is nothing to show. */
  shown: View | undefined = $state.raw();
  total: Total | undefined = $state.raw();
  /** The perceived temperature by the hour, of which the figures are made. */
  hours: Total | undefined = $state.raw();
  /** The parts side by side, if they are compared. */
  parts: Comparison | undefined = $state.raw();
  limits: Limit[] = $state.raw([]);
  /** What went wrong. */
  broken: unknown = $state.raw();

  /** Asks for a view; `parts` says what stands side by side. Returns what gives it up. */
  ask(
    wanted: View,
    filters: readonly Filter[],
    parts: 'location' | 'sensor' | undefined,
    sensorId: string | undefined,
  ): () => void {
    const abort = new AbortController();
    const { signal } = abort;
    this.broken = undefined;
    this.hours = undefined;
    // Numbers of one place never stand under the name of another.
    if (untrack(() => this.shown?.place) !== wanted.place) this.shown = undefined;
    const whole = loadTotal(wanted, filters, signal);
    const all = Promise.all([
      whole,
      parts && loadEach(wanted, filters, parts, signal),
      loadLimits(wanted.metric, sensorId, signal),
    ]);
    all.then(
      ([total, each, limits]) => {
        if (!signal.aborted) Object.assign(this, { total, parts: each, limits, shown: wanted });
      },
      (error: unknown) => {
        if (!signal.aborted) Object.assign(this, { broken: error, shown: undefined });
      },
    );
    if (isPossible('hour', wanted.range)) this.#askHours(wanted, filters, whole, signal);
    return () => abort.abort();
  }

  #askHours(wanted: View, filters: readonly Filter[], whole: Promise<Total>, signal: AbortSignal): void {
    const hourly: View = { ...wanted, step: 'hour', metric: 'pcv_temperature' };
    const isSame = wanted.step === hourly.step && wanted.metric === hourly.metric;
    (isSame ? whole : loadTotal(hourly, filters, signal)).then(
      (hours) => {
        if (!signal.aborted) this.hours = hours;
      },
      (error: unknown) => {
        if (!signal.aborted) this.broken = error;
      },
    );
  }
}
