import { Code, ConnectError } from '@connectrpc/connect';

import { BadRequestSchema } from '$gen/google/rpc/error_details_pb';

/** What a person is told of a call that failed. */
export interface Failure {
  /** The server's own words, which name the field and the remedy. */
  message: string;
  /** What is wrong with each field, by its name in the contract, such as `threshold.min_value`. */
  fields: Record<string, string>;
  /** Whether the same call may work later. */
  passing: boolean;
}

const PASSING = new Set([Code.Unavailable, Code.DeadlineExceeded, Code.ResourceExhausted, Code.Aborted]);

/** Says what became of a call. Anything but an answer of the mesh is a fault of this page, and is thrown on. */
export function failure(error: unknown): Failure {
  if (!(error instanceof ConnectError)) throw error;
  const bad = error.findDetails(BadRequestSchema).flatMap((detail) => detail.fieldViolations);
  return {
    message: error.rawMessage || Code[error.code],
    fields: Object.fromEntries(bad.map((one) => [one.field, one.description])),
    passing: PASSING.has(error.code),
  };
}
