import { isId, RcmError } from '@rcm/telemetry';
import { decodeJwt, type JWTPayload, jwtVerify, type JWTVerifyResult } from 'jose';
import { createKeySource } from './key-source.ts';
import { type Scope, scopesOf } from './scope.ts';
import { reasonOf, refused } from './token-refusal.ts';

/** Whose tokens are taken, by whose keys. */
interface TokenIssuer {
  /** Must be the token's `iss`. */
  readonly issuer: string;
  /** Must be in the token's `aud`. */
  readonly audience: string;
  readonly jwksUrl: string;
}

export interface TokenRules extends TokenIssuer {
  /** While the issuer is changed: the other one. Its tokens are checked by its own keys, and by those alone. */
  readonly previous?: TokenIssuer | undefined;
  /** Signature algorithms that are taken; `none` and the symmetric ones can never be among them. */
  readonly algorithms: readonly string[];
  /** Media types of the token's `typ` that are taken: `at+jwt` is an access token's (RFC 9068). */
  readonly types: readonly string[];
  /** Claim that holds the organization's id. */
  readonly tenantClaim: string;
  /** Claim that holds the scopes. */
  readonly scopeClaim: string;
  /** How long ago a token may have been issued, and how long it may live, in ms. */
  readonly maxAgeMs: number;
  /** By how much the issuer's clock may differ from ours, in ms. */
  readonly clockToleranceMs: number;
  /** For one fetch of the keys, in ms. */
  readonly jwksTimeoutMs: number;
  /** Keys are fetched again after this, in ms. */
  readonly jwksMaxAgeMs: number;
  /** Least time between two fetches that tokens with unknown keys cause, and after one that failed, in ms. */
  readonly jwksCooldownMs: number;
  /** Milliseconds that only grow, for the keys' age. Default: this process's monotonic clock. */
  readonly now?: () => number;
  /** The time that a token's own times are compared with. Default: this machine's. */
  readonly date?: () => Date;
}

/** Who asks. Nothing else of a request says whose data it is about. */
export interface Caller {
  readonly orgId: string;
  /** The token's `sub`: a person or a service, as its issuer knows it. */
  readonly subject: string;
  /** The token's `iss`: whose word that is. */
  readonly issuer: string;
  readonly scopes: ReadonlySet<Scope>;
}

export type TokenCheck = (authorization: string | undefined) => Promise<Caller>;

/** A token that fits no request header of ours is no token. */
const LONGEST_TOKEN = 8_192;
const LONGEST_SUBJECT = 200;

/**
 * Checks bearer tokens against their issuer's keys (RFC 7519, RFC 8725, RFC 9068): signature by an allowed algorithm and a key of the JWKS,
 * type, issuer, audience, times, subject, tenant. The keys are kept; a key id that is not known has them fetched again, at most once in the
 * cooldown. Fails with `token_expired`, with `token_invalid` for every other reason (`details.reason`, which is for the log), and with
 * `identity_unavailable` where the keys cannot be had.
 */
export function createTokenCheck(rules: TokenRules): TokenCheck {
  const current = issuerCheck(rules, rules);
  const previous = rules.previous ? { named: rules.previous.issuer, verify: issuerCheck(rules.previous, rules) } : null;
  const types = new Set(rules.types.map(mediaType));
  return async (authorization) => {
    const token = bearer(authorization);
    const verify = previous !== null && issuerSaid(token) === previous.named ? previous.verify : current;
    const { payload, protectedHeader } = await verify(token).catch((error: unknown) => {
      throw refusal(error, rules.tenantClaim);
    });
    if (protectedHeader.typ === undefined || !types.has(mediaType(protectedHeader.typ))) throw refused('type');
    checkLifetime(payload, rules);
    return callerOf(payload, rules);
  };
}

/** Checks tokens of one issuer by its own keys: what another one has signed is nothing to it, whatever it says. */
function issuerCheck({ issuer, audience, jwksUrl }: TokenIssuer, rules: TokenRules): (token: string) => Promise<JWTVerifyResult> {
  const keys = createKeySource({
    url: jwksUrl,
    timeoutMs: rules.jwksTimeoutMs,
    maxAgeMs: rules.jwksMaxAgeMs,
    cooldownMs: rules.jwksCooldownMs,
    now: rules.now,
  });
  const options = {
    issuer,
    audience,
    algorithms: [...rules.algorithms],
    requiredClaims: ['exp', 'sub', rules.tenantClaim],
    maxTokenAge: rules.maxAgeMs / 1_000,
    clockTolerance: rules.clockToleranceMs / 1_000,
  };
  return (token) => jwtVerify(token, keys, { ...options, ...(rules.date ? { currentDate: rules.date() } : {}) });
}

/** Whose token it says it is, unproved: only by whose keys it is checked depends on it, and that check asks for the same again. */
function issuerSaid(token: string): unknown {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

function bearer(authorization: string | undefined): string {
  if (authorization === undefined || authorization === '') throw refused('missing');
  const token = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization)?.[1];
  if (token === undefined || token.length > LONGEST_TOKEN) throw refused('malformed');
  return token;
}

/** `typ` is written with or without `application/`, in any case (RFC 7515, 4.1.9). */
const mediaType = (typ: string): string => typ.toLowerCase().replace(/^application\/(?=[^/]*$)/, '');

/** A token that outlives the longest age is one that nobody can take back: it is refused while it is young too. */
function checkLifetime({ iat, exp }: JWTPayload, { maxAgeMs, clockToleranceMs }: TokenRules): void {
  const isBounded = iat !== undefined && exp !== undefined && (exp - iat) * 1_000 <= maxAgeMs + clockToleranceMs;
  if (!isBounded) throw refused('lifetime');
}

function callerOf(payload: JWTPayload, { tenantClaim, scopeClaim }: TokenRules): Caller {
  const orgId = payload[tenantClaim];
  // The issuer is proved by now; without one nothing would have been.
  const { sub, iss: issuer } = payload;
  if (issuer === undefined) throw refused('issuer');
  if (typeof orgId !== 'string' || !isId(orgId)) throw refused('tenant');
  if (!isSubject(sub)) throw refused('subject');
  return { orgId, subject: sub, issuer, scopes: scopesOf(payload[scopeClaim]) };
}

/** It goes into the audit trail, which people read: no character that is not seen, or that changes how others are seen. */
const isSubject = (sub: unknown): sub is string =>
  typeof sub === 'string' && sub !== '' && sub.length <= LONGEST_SUBJECT && sub.isWellFormed() && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(sub);

function refusal(error: unknown, tenantClaim: string): RcmError {
  const reason = reasonOf(error, tenantClaim);
  if (reason !== null) return refused(reason);
  return new RcmError('identity_unavailable', 'The keys of the token issuer could not be read, so nobody can be let in; ask again.', { cause: error });
}
