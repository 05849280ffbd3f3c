/**
 * Which ways to another machine are protected: the one rule of the platform. A connection is encrypted and its other end proved
 * (https, Postgres with `sslmode=verify-full`), or it does not leave this machine (loopback, a Unix socket). Anything else is refused
 * unless the deployment has named it in `RCM_PLAINTEXT`, and then every start says so.
 */

/** What a deployment may name in `RCM_PLAINTEXT`. Vault, the token issuer's keys and the HTTP API are not here: there is no good reason. */
export const PLAINTEXT_USES = ['database', 'aws', 'portals', 'notices'] as const;
export type PlaintextUse = (typeof PLAINTEXT_USES)[number];

/** What the opt-out gives away, for the warning at each start. */
const GIVEN_AWAY: Readonly<Record<PlaintextUse, string>> = {
  database: 'whoever is between this process and Postgres can read and change what they say to each other, leases and ledger included',
  aws: 'whoever is between this process and the AWS endpoint can read every password that it asks for',
  portals: 'whoever is between this process and a portal without https can read every password that is typed there',
  notices: 'whoever is between this process and the webhook can read the notifications',
};

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i;

/** Whether a host, as it stands in a URL or in a socket's options, is this machine. Other names that may resolve to it are not. */
export const isLoopback = (host: string): boolean => LOOPBACK.test(host);

/** Whether an address is https, or http on this machine. */
export function isProtected(address: string): boolean {
  const url = URL.parse(address);
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
}

/** The sentence of a refusal; `null` where the address may be used. `allowed` is what `RCM_PLAINTEXT` names. */
export function addressProblem(address: string, use?: PlaintextUse, allowed: readonly PlaintextUse[] = []): string | null {
  if (isProtected(address)) return null;
  if (URL.parse(address)?.protocol !== 'http:') return 'must be an https address';
  if (use === undefined) return 'must be https, or http on this machine';
  if (allowed.includes(use)) return null;
  return `must be https, or http on this machine; to send it unprotected all the same, name ${use} in RCM_PLAINTEXT`;
}

/** One sentence for each opt-out, to be said at every start. */
export const plaintextWarnings = (allowed: readonly PlaintextUse[]): string[] =>
  allowed.map((use) => `RCM_PLAINTEXT allows unprotected connections for ${use}: ${GIVEN_AWAY[use]}.`);
