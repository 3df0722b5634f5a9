/** How far the mesh's clock is ahead of this browser's, in ms: ages are of its time, whatever this one shows. */
let ahead = 0;

// An answer names whole seconds, and has been under way for a moment.
const NOTICED_MS = 5_000;

/** Notes the time that an answer names. */
export function heard(date: string | null): void {
  if (!date) return;
  const difference = Date.parse(date) - Date.now();
  if (Number.isNaN(difference)) return;
  ahead = Math.abs(difference) > NOTICED_MS ? difference : 0;
}

/** The mesh's time in ms, as far as it is known. */
export function now(): number {
  return Date.now() + ahead;
}
