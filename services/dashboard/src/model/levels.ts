/** The one ladder, from the harmless end. `undefined` is a value that no limit judges: that is never green. */
export const LEVELS = ['green', 'yellow', 'orange', 'red', 'critical'] as const;
export type Level = (typeof LEVELS)[number];

/** Reads a level of an answer; unset and unknown ones are none. */
export function asLevel(word: string | undefined): Level | undefined {
  return LEVELS.find((level) => level === word);
}

/** The rung of a level: 0 for green, -1 where nothing is judged. */
export function severity(level: Level | undefined): number {
  return level ? LEVELS.indexOf(level) : -1;
}

/** The worse of two levels. */
export function worse(one: Level | undefined, other: Level | undefined): Level | undefined {
  return severity(other) > severity(one) ? other : one;
}
