/** What the gateway says of itself: which profile it runs, and in which zone the site's clocks go. */
export interface Settings {
  profile: 'dev' | 'secure';
  time_zone: string;
  version: string;
  /** Where people sign in, if this page is a client of an OIDC issuer. */
  oidc?: { issuer: string; client_id: string };
}

/** Read once, before anything is shown. */
export const settings: Settings = { profile: 'dev', time_zone: 'Asia/Seoul', version: '' };

/** Reads what the gateway says; what it leaves out keeps its default. */
export async function readSettings(): Promise<void> {
  const answer = await fetch('/settings.json');
  if (!answer.ok) throw new Error(`settings.json: ${answer.status}`);
  Object.assign(settings, await answer.json());
}
