import * as oauth from 'oauth4webapi';

import { session } from './session.svelte';
import { settings } from './settings';

// The way back from the issuer begins the page anew; what it has to prove then is kept in this tab.
const BEGUN = 'montrg.oidc';

interface Begun {
  verifier: string;
  state: string;
  nonce: string;
  /** Where in the page the person was. */
  hash: string;
}

const client = (): oauth.Client => ({ client_id: settings.oidc?.client_id ?? '' });
const here = () => `${location.origin}/`;

async function issuer(): Promise<oauth.AuthorizationServer> {
  const url = new URL(settings.oidc?.issuer ?? '');
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url));
}

/** Goes to the issuer, who asks who it is, and sends the person back. (Authorization code with PKCE.) */
export async function go(): Promise<void> {
  const server = await issuer();
  if (!server.authorization_endpoint) throw new Error('the issuer names no authorization_endpoint');
  const begun: Begun = {
    verifier: oauth.generateRandomCodeVerifier(),
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    hash: location.hash,
  };
  sessionStorage.setItem(BEGUN, JSON.stringify(begun));
  const url = new URL(server.authorization_endpoint);
  const wanted = {
    client_id: client().client_id,
    redirect_uri: here(),
    response_type: 'code',
    scope: 'openid profile',
    code_challenge: await oauth.calculatePKCECodeChallenge(begun.verifier),
    code_challenge_method: 'S256',
    state: begun.state,
    nonce: begun.nonce,
  };
  for (const [name, value] of Object.entries(wanted)) url.searchParams.set(name, value);
  location.assign(url);
}

/** Tells whether the issuer has just sent somebody back. */
export function isBack(): boolean {
  const query = new URLSearchParams(location.search);
  return query.has('state') && sessionStorage.getItem(BEGUN) !== null;
}

/** Takes what the issuer sent: afterwards somebody is signed in, where they were before. */
export async function back(): Promise<void> {
  const begun = JSON.parse(sessionStorage.getItem(BEGUN) ?? '{}') as Begun;
  sessionStorage.removeItem(BEGUN);
  const answer = new URL(location.href);
  // A code holds once: it must not stay in the address or the history.
  history.replaceState(null, '', '/');
  location.hash = begun.hash;
  const server = await issuer();
  const parameters = oauth.validateAuthResponse(server, client(), answer, begun.state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client(),
    oauth.None(),
    parameters,
    here(),
    begun.verifier,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, client(), response, {
    expectedNonce: begun.nonce,
    requireIdToken: true,
  });
  session.signIn(tokens.access_token);
}
