/** What is added to what a sensor sends, from a moment in ms on. */
export interface Offsets {
  from: number;
  /** °C. */
  temperature: number;
  /** Percentage points. */
  humidity: number;
}

const NONE: Offsets = { from: -Infinity, temperature: 0, humidity: 0 };

/** The correction in force at a moment: the one that began last. */
export function offsetsAt(all: readonly Offsets[], at: number): Offsets {
  return all.reduce((best, one) => (one.from <= at && one.from > best.from ? one : best), NONE);
}

/** What a sensor that reads `value` by the corrections before would read by those after. */
export function reread(
  value: number,
  what: 'temperature' | 'humidity',
  before: readonly Offsets[],
  after: readonly Offsets[],
  at: number,
): number {
  const sent = value - offsetsAt(before, at)[what];
  const corrected = Math.round((sent + offsetsAt(after, at)[what]) * 100) / 100;
  return what === 'humidity' ? Math.min(100, Math.max(0, corrected)) : corrected;
}

/** The height in metres above the floor at which the law has heat measured. */
export const HEIGHT = { least: 1.2, most: 1.5 };

/** Whether a measured height is not the law's; one that nobody knows is not judged. */
export function isOddHeight(height: number | undefined): boolean {
  return height !== undefined && (height < HEIGHT.least || height > HEIGHT.most);
}
