/** The state of a stream, as a person sees it; `away` is one that has never said anything. */
export type LinkState = 'connecting' | 'away' | 'live' | 'reconnecting' | 'stale';

/** Even where nothing changes a stream says so every 15 s: after this it is silent, whatever its connection seems. */
export const SILENCE_MS = 20_000;
/** For how long a break is only a break; then what is shown is old. */
export const BREAK_MS = 3_000;

const FIRST_WAIT_MS = 300;
const MOST_WAIT_MS = 5_000;

/**
 * Tells the state of a stream by its last message and when it broke, each 0 for never, and when it was first tried, in
 * ms. One that is not reached in the time of a break is as good as broken. Pure.
 */
export function linkState(lastMessage: number, brokenAt: number, firstTry: number, at: number): LinkState {
  if (!lastMessage) return at - firstTry < BREAK_MS ? 'connecting' : 'away';
  if (brokenAt) return at - brokenAt < BREAK_MS ? 'reconnecting' : 'stale';
  return at - lastMessage < SILENCE_MS ? 'live' : 'stale';
}

/** How long to wait before the next try, in ms: longer each time, and never the same for all who lost a server. */
export function waitBefore(tries: number, chance: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** tries, MOST_WAIT_MS) * (0.5 + chance / 2);
}
