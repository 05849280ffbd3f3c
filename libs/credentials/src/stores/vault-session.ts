import { type Clock, hasCode, RcmError, Secret, systemClock } from '@rcm/telemetry';
import { isYoung } from './is-young.ts';
import type { VaultAnswer, VaultHttp, VaultRequest } from './vault-http.ts';

/** What an AppRole login takes. */
export interface AppRole {
  readonly roleId: string;
  readonly secretId: Secret<string>;
}

export interface VaultSessionOptions {
  /** Asked at each login, so that a secret id may be renewed while the process runs. */
  readonly appRole: () => Promise<AppRole>;
  /** Where the auth method is mounted. Default `approle`. */
  readonly appRoleMount?: string;
  /** A refusal within this long after a login is believed and not answered with another login. In ms; default 1 000. */
  readonly loginPauseMs?: number;
  readonly clock?: Clock;
}

/** Requests with a token of one AppRole, logged in when the first is made, renewed in time, logged in anew after a 403. */
export interface VaultSession {
  /** Status 403 comes back only where a fresh token was refused too. Fails with `store_denied`, `store_throttled`, `store_unavailable`. */
  send(request: VaultRequest, signal: AbortSignal): Promise<VaultAnswer>;
}

interface Token {
  readonly value: Secret<string>;
  /** Seconds of the lease that the login gave; 0 never ends. */
  readonly firstLease: number;
  readonly renewable: boolean;
  readonly loggedInAt: number;
  /** When it is to be renewed, and when it ends, in ms since the epoch. */
  readonly renewAt: number;
  readonly endsAt: number;
}

/** A token is renewed when this share of its lease is over. */
const RENEW_AFTER = 2 / 3;
/** How long after a renewal that failed the next one is tried. */
const RENEW_AGAIN_MS = 5_000;

export function createVaultSession(http: VaultHttp, options: VaultSessionOptions): VaultSession {
  const { appRole, appRoleMount = 'approle', loginPauseMs = 1_000, clock = systemClock } = options;
  let token: Token | null = null;
  let underWay: Promise<Token> | null = null;
  const now = (): number => clock.now().getTime();

  /** One login or renewal for all who wait. It has a deadline of its own: who started it may give up and others go on. */
  const obtain = (): Promise<Token> => {
    const known = token;
    underWay ??= http
      .call('Logging in to Vault', {}, (signal) => (known && mayRenew(known) ? renew(known, signal) : logIn(signal)))
      .then((obtained) => (token = obtained))
      .finally(() => (underWay = null));
    return underWay;
  };

  const mayRenew = (known: Token): boolean => known.renewable && now() < known.endsAt;

  const logIn = async (signal: AbortSignal): Promise<Token> => {
    const { roleId, secretId } = await appRole();
    const answer = await http.send(
      { method: 'POST', path: `auth/${appRoleMount}/login`, body: secretId.map((text) => ({ role_id: roleId, secret_id: text })) },
      signal,
    );
    const auth = authOf(answer);
    if (!auth)
      throw new RcmError('store_denied', 'Vault refused the AppRole: its role id or secret id is not valid (any more).', {
        details: { status: answer.status },
      });
    return { ...tokenOf(auth, auth.lease), firstLease: auth.lease, loggedInAt: now() };
  };

  const renew = async (known: Token, signal: AbortSignal): Promise<Token> => {
    try {
      const answer = await http.send({ method: 'POST', path: 'auth/token/renew-self', body: new Secret({}), token: known.value }, signal);
      const auth = authOf(answer);
      if (!auth) return await logIn(signal);
      // The same token: its handle tells whoever is refused with it that no other one came in its place.
      return { ...known, ...tokenOf(auth, known.firstLease), value: known.value };
    } catch (error) {
      // The token is good until it ends; a Vault that cannot renew it now may serve it all the same.
      if (hasCode(error, 'store_unavailable', 'store_throttled') && now() < known.endsAt) return { ...known, renewAt: now() + RENEW_AGAIN_MS };
      throw error;
    }
  };

  const tokenOf = ({ value, lease, renewable }: Auth, firstLease: number) => ({
    value,
    // Near the role's `token_max_ttl` a renewal gives less and less: then the next one is a new token.
    renewable: renewable && lease >= firstLease / 2,
    renewAt: lease === 0 ? Number.POSITIVE_INFINITY : now() + lease * 1000 * RENEW_AFTER,
    endsAt: lease === 0 ? Number.POSITIVE_INFINITY : now() + lease * 1000,
  });

  /** Another one than `refused`, or null where that one is so young that a new one would be refused as well. */
  const afterRefusal = async (refused: Token): Promise<Token | null> => {
    if (token?.value === refused.value) {
      if (isYoung(refused.loggedInAt, now(), loginPauseMs)) return null;
      token = null;
    }
    return token ?? obtain();
  };

  /** A token that is due for renewal is used meanwhile: a Vault that does not answer the renewal may serve it all the same. */
  const usable = (): Token | Promise<Token> => {
    if (token === null || now() >= token.endsAt) return obtain();
    if (now() >= token.renewAt) obtain().catch(() => undefined);
    return token;
  };

  return {
    async send(request, signal) {
      const used = await usable();
      const answer = await http.send({ ...request, token: used.value }, signal);
      if (answer.status !== 403) return answer;
      const next = await afterRefusal(used);
      return next === null ? answer : http.send({ ...request, token: next.value }, signal);
    },
  };
}

interface Auth {
  readonly value: Secret<string>;
  readonly lease: number;
  readonly renewable: boolean;
}

function authOf({ status, body }: VaultAnswer): Auth | null {
  if (status !== 200) return null;
  const value = body.map(({ auth }) => (typeof auth?.client_token === 'string' ? auth.client_token : ''));
  const { auth } = body.reveal();
  if (!auth) throw new RcmError('store_unavailable', 'Vault answered a login without a token.');
  return { value, lease: Number(auth.lease_duration ?? 0), renewable: auth.renewable === true };
}
