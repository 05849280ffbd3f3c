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
  const tokens = new AppRoleTokens(http, options);
  return {
    async send(request, signal) {
      const used = await tokens.usable();
      const answer = await http.send({ ...request, token: used.value }, signal);
      if (answer.status !== 403) return answer;
      const next = await tokens.afterRefusal(used);
      return next === null ? answer : http.send({ ...request, token: next.value }, signal);
    },
  };
}

/** The token of the AppRole: one at a time, for all who ask. */
class AppRoleTokens {
  readonly #http: VaultHttp;
  readonly #options: Required<VaultSessionOptions>;
  #token: Token | null = null;
  #underWay: Promise<Token> | null = null;

  constructor(http: VaultHttp, { appRole, appRoleMount = 'approle', loginPauseMs = 1_000, clock = systemClock }: VaultSessionOptions) {
    this.#http = http;
    this.#options = { appRole, appRoleMount, loginPauseMs, clock };
  }

  /** A token that is due for renewal is used meanwhile: a Vault that does not answer the renewal may serve it all the same. */
  usable(): Token | Promise<Token> {
    if (this.#token === null || this.#now() >= this.#token.endsAt) return this.#obtain();
    if (this.#now() >= this.#token.renewAt) this.#obtain().catch(() => undefined);
    return this.#token;
  }

  /** Another one than `refused`, or null where that one is so young that a new one would be refused as well. */
  async afterRefusal(refused: Token): Promise<Token | null> {
    if (this.#token?.value === refused.value) {
      if (isYoung(refused.loggedInAt, this.#now(), this.#options.loginPauseMs)) return null;
      this.#token = null;
    }
    return this.#token ?? this.#obtain();
  }

  /** One login or renewal for all who wait. It has a deadline of its own: who started it may give up and others go on. */
  #obtain(): Promise<Token> {
    const known = this.#token;
    this.#underWay ??= this.#http
      .call('Logging in to Vault', {}, (signal) => (known && this.#mayRenew(known) ? this.#renew(known, signal) : this.#logIn(signal)))
      .then((obtained) => (this.#token = obtained))
      .finally(() => (this.#underWay = null));
    return this.#underWay;
  }

  #mayRenew(known: Token): boolean {
    return known.renewable && this.#now() < known.endsAt;
  }

  async #logIn(signal: AbortSignal): Promise<Token> {
    const { appRole, appRoleMount } = this.#options;
    const { roleId, secretId } = await appRole();
    const answer = await this.#http.send(
      { method: 'POST', path: `auth/${appRoleMount}/login`, body: secretId.map((text) => ({ role_id: roleId, secret_id: text })) },
      signal,
    );
    const auth = authOf(answer);
    if (!auth)
      throw new RcmError('store_denied', 'Vault refused the AppRole: its role id or secret id is not valid (any more).', {
        details: { status: answer.status },
      });
    return { ...tokenOf(auth, auth.lease, this.#now()), firstLease: auth.lease, loggedInAt: this.#now() };
  }

  async #renew(known: Token, signal: AbortSignal): Promise<Token> {
    try {
      const answer = await this.#http.send({ method: 'POST', path: 'auth/token/renew-self', body: new Secret({}), token: known.value }, signal);
      const auth = authOf(answer);
      if (!auth) return await this.#logIn(signal);
      // The same token: its handle tells whoever is refused with it that no other one came in its place.
      return { ...known, ...tokenOf(auth, known.firstLease, this.#now()), value: known.value };
    } catch (error) {
      // The token is good until it ends; a Vault that cannot renew it now may serve it all the same.
      if (hasCode(error, 'store_unavailable', 'store_throttled') && this.#now() < known.endsAt) return { ...known, renewAt: this.#now() + RENEW_AGAIN_MS };
      throw error;
    }
  }

  #now(): number {
    return this.#options.clock.now().getTime();
  }
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

const tokenOf = ({ value, lease, renewable }: Auth, firstLease: number, now: number) => ({
  value,
  // Near the role's `token_max_ttl` a renewal gives less and less: then the next one is a new token.
  renewable: renewable && lease >= firstLease / 2,
  renewAt: lease === 0 ? Number.POSITIVE_INFINITY : now + lease * 1000 * RENEW_AFTER,
  endsAt: lease === 0 ? Number.POSITIVE_INFINITY : now + lease * 1000,
});
