/**
 * Does one thing to each in turn, until it is to stop. Tells which it could not be done to, with what went wrong first;
 * those that were not reached are in neither. `isExpected` says what may go wrong; anything else is thrown on. Pure.
 */
export async function inTurn<T>(
  items: readonly T[],
  once: (item: T) => Promise<void>,
  { isStopped, isExpected }: { isStopped: () => boolean; isExpected: (error: unknown) => boolean },
): Promise<{ left: T[]; error: unknown }> {
  const left: T[] = [];
  let first: unknown;
  for (const item of items) {
    if (isStopped()) break;
    try {
      await once(item);
    } catch (error) {
      if (!isExpected(error)) throw error;
      left.push(item);
      first ??= error;
    }
  }
  return { left, error: first };
}
