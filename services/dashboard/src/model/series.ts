/** What was measured in one step: an hour, a day or a month. Without readings it is a gap. */
export interface Step {
  /** When it begins, in ms. */
  at: number;
  readings: number;
  suspect: number;
  min: number | undefined;
  avg: number | undefined;
  max: number | undefined;
}

/** One line of a comparison. */
export interface Line {
  key: string;
  /** The maximum of each step, by when it begins; none in a gap. */
  maxima: Map<number, number>;
}

export interface Facts {
  highest: Step | undefined;
  /** How many hours reached each value. */
  reached: { from: number; hours: number }[];
  /** Hours with readings. */
  measured: number;
  readings: number;
  suspect: number;
}

/**
 * Puts steps of several series, or of smaller steps, together: `bucket` says when the step begins in which one counts,
 * or undefined. Averages are those of all readings, as the services make them.
 */
export function together(series: Iterable<Step>, bucket: (at: number) => number | undefined): Step[] {
  const found = new Map<number, Step>();
  for (const step of series) {
    const at = bucket(step.at);
    if (at === undefined) continue;
    const other = found.get(at);
    found.set(at, other ? joined(other, step) : { ...step, at });
  }
  return [...found.values()].sort((a, b) => a.at - b.at);
}

function joined(one: Step, other: Step): Step {
  const readings = one.readings + other.readings;
  const both = (choose: (...values: number[]) => number, ...values: (number | undefined)[]) => {
    const given = values.filter((value) => value !== undefined);
    return given.length ? choose(...given) : undefined;
  };
  return {
    at: one.at,
    readings,
    suspect: one.suspect + other.suspect,
    min: both(Math.min, one.min, other.min),
    max: both(Math.max, one.max, other.max),
    avg:
      one.avg === undefined || other.avg === undefined
        ? (one.avg ?? other.avg)
        : (one.avg * one.readings + other.avg * other.readings) / readings,
  };
}

/** What hours tell in a few numbers. */
export function factsOf(hours: readonly Step[], limits: readonly number[]): Facts {
  const facts: Facts = {
    highest: undefined,
    reached: limits.map((from) => ({ from, hours: 0 })),
    measured: 0,
    readings: 0,
    suspect: 0,
  };
  for (const hour of hours) {
    facts.readings += hour.readings;
    facts.suspect += hour.suspect;
    const { max } = hour;
    if (max === undefined) continue;
    facts.measured += 1;
    if (max > (facts.highest?.max ?? -Infinity)) facts.highest = hour;
    for (const one of facts.reached) if (max >= one.from) one.hours += 1;
  }
  return facts;
}

/** The lines with the highest values, the highest first. */
export function hottest(lines: Iterable<Line>, most: number): Line[] {
  const heat = (line: Line) => [...line.maxima.values()].reduce((one, other) => Math.max(one, other), -Infinity);
  return [...lines]
    .map((line) => ({ line, heat: heat(line) }))
    .filter((one) => one.heat > -Infinity)
    .sort((a, b) => b.heat - a.heat)
    .slice(0, most)
    .map((one) => one.line);
}
