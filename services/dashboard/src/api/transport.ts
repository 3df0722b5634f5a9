import { Code, ConnectError, type Interceptor } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';

import { heard } from './clock';
import { session } from './session.svelte';

// A call that nobody answers ends all the same; streams watch over themselves.
const PATIENCE_MS = 35_000;

const signed: Interceptor = (next) => async (request) => {
  if (session.token) request.header.set('authorization', `Bearer ${session.token}`);
  try {
    const answer = await next(request);
    heard(answer.header.get('date'));
    return answer;
  } catch (error) {
    if (error instanceof ConnectError && error.code === Code.Unauthenticated) session.refused = true;
    throw error;
  }
};

/** Takes calls to the gateway that served this page. */
export const transport = createGrpcWebTransport({
  baseUrl: location.origin,
  interceptors: [signed],
  defaultTimeoutMs: PATIENCE_MS,
});

/** Asks for a file over REST, such as a CSV export, as the person who is signed in. */
export async function download(path: string, signal?: AbortSignal): Promise<Blob> {
  const headers: HeadersInit = session.token ? { authorization: `Bearer ${session.token}` } : {};
  const answer = await fetch(path, { headers, signal: signal ?? null }).catch((error: unknown) => {
    // So a fetch says that nobody answers.
    throw error instanceof TypeError ? new ConnectError(error.message, Code.Unavailable) : error;
  });
  if (answer.ok) return answer.blob();
  if (answer.status === 401) session.refused = true;
  const status = (await answer.json()) as { code?: number; message?: string };
  throw new ConnectError(status.message ?? answer.statusText, status.code ?? Code.Unknown);
}
