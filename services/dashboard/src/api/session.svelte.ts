import { settings } from './settings';

const TOKEN = 'montrg.token';
const NAME = 'montrg.name';

/** What a token says of its bearer. The services decide by it; here it only says what is worth offering. */
interface Claims {
  name: string;
  role: Role;
  ends: number;
}

export type Role = 'viewer' | 'operator' | 'engineer' | 'admin';
const ROLES: Role[] = ['viewer', 'operator', 'engineer', 'admin'];

class Session {
  #token = $state(sessionStorage.getItem(TOKEN) ?? '');
  #name = $state(localStorage.getItem(NAME) ?? '');
  /** Whether a service has refused a call because nobody is signed in. */
  refused = $state(false);

  claims = $derived(read(this.#token));

  /** What calls show. It stays in this tab, and goes with it. */
  get token(): string {
    return this.#token;
  }

  /** Whether a person has to sign in before anything can be shown. */
  get wanted(): boolean {
    return settings.profile === 'secure' && (this.refused || !this.#token);
  }

  /** Who acts: in the secure profile the token says it, so requests leave it out. */
  get actor(): string {
    return settings.profile === 'secure' ? '' : this.#name;
  }

  /** The name to show. */
  get name(): string {
    return this.claims?.name ?? this.#name;
  }

  set name(name: string) {
    this.#name = name.trim();
    localStorage.setItem(NAME, this.#name);
  }

  /** Whether it is worth offering what takes this role; where a token does not say, the services will. */
  may(role: Role): boolean {
    const own = this.claims?.role;
    return own === undefined || ROLES.indexOf(own) >= ROLES.indexOf(role);
  }

  signIn(token: string): void {
    this.#token = token.trim();
    this.refused = false;
    sessionStorage.setItem(TOKEN, this.#token);
  }

  signOut(): void {
    this.#token = '';
    sessionStorage.removeItem(TOKEN);
  }
}

function read(token: string): Claims | undefined {
  const payload = token.split('.')[1];
  if (!payload) return undefined;
  try {
    const bytes = Uint8Array.from(atob(payload.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    const role = ROLES.find((each) => each === claims['montrg_role']);
    if (!role) return undefined;
    return { name: String(claims['name'] ?? claims['sub'] ?? ''), role, ends: Number(claims['exp']) * 1000 };
  } catch (error) {
    // Neither base64 nor JSON: an issuer may give tokens that only the services can read.
    if (error instanceof DOMException || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export const session = new Session();
