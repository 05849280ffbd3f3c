import { isId, RcmError } from '@rcm/telemetry';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import { createKeySource } from './key-source.ts';

export interface TokenRules {
  /** Must be the token's `iss`. */
  readonly issuer: string;
  /** Must be in the token's `aud`. */
  readonly audience: string;
  readonly jwksUrl: string;
  /** Signature algorithms that are taken; `none` and the symmetric ones can never be among them. */
  readonly algorithms: readonly string[];
  /** Claim that holds the organization's id. */
  readonly tenantClaim: string;
  /** For one fetch of the keys, in ms. */
  readonly jwksTimeoutMs: number;
  /** Keys are fetched again after this, in ms. */
  readonly jwksMaxAgeMs: number;
  /** Least time between two fetches that tokens with unknown keys cause, and after one that failed, in ms. */
  readonly jwksCooldownMs: number;
  /** Milliseconds that only grow, for the keys' age. Default: this process's monotonic clock. */
  readonly now?: () => number;
}

/** Who asks. Nothing else of a request says whose data it is about. */
export interface Caller {
  readonly orgId: string;
  /** The token's `sub`: a person or a service, as its issuer knows it. */
  readonly subject: string;
}

export type TokenCheck = (authorization: string | undefined) => Promise<Caller>;

/** Clocks of issuers differ by seconds. */
const CLOCK_TOLERANCE_S = 5;
/** A token that fits no request header of ours is no token. */
const LONGEST_TOKEN = 8_192;

/**
 * Checks bearer tokens against the issuer's keys (RFC 7519, RFC 8725): signature by an allowed algorithm and a key of the JWKS, issuer,
 * audience, expiry. The keys are kept; a key id that is not known has them fetched again, at most once in the cooldown.
 * Fails with `token_invalid`, the same for every reason, and `identity_unavailable` where the keys cannot be had.
 */
export function createTokenCheck(rules: TokenRules): TokenCheck {
  const keys = createKeySource({
    url: rules.jwksUrl,
    timeoutMs: rules.jwksTimeoutMs,
    maxAgeMs: rules.jwksMaxAgeMs,
    cooldownMs: rules.jwksCooldownMs,
    now: rules.now,
  });
  const options = {
    issuer: rules.issuer,
    audience: rules.audience,
    algorithms: [...rules.algorithms],
    requiredClaims: ['exp', 'sub', rules.tenantClaim],
    clockTolerance: CLOCK_TOLERANCE_S,
  };
  return async (authorization) => {
    const token = bearer(authorization);
    const { payload } = await jwtVerify(token, keys, options).catch((error: unknown) => {
      throw refusal(error);
    });
    return callerOf(payload, rules.tenantClaim);
  };
}

function bearer(authorization: string | undefined): string {
  const token = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined || token.length > LONGEST_TOKEN) throw invalid();
  return token;
}

function callerOf(payload: JWTPayload, tenantClaim: string): Caller {
  const orgId = payload[tenantClaim];
  const { sub } = payload;
  if (typeof orgId !== 'string' || !isId(orgId) || typeof sub !== 'string' || sub === '' || sub.length > 200) throw invalid();
  return { orgId, subject: sub };
}

/** What is wrong with a token; everything else is the keys' source not answering as it should, which says nothing about the token. */
const TOKEN_ERRORS = [
  errors.JWTExpired,
  errors.JWTClaimValidationFailed,
  errors.JWTInvalid,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
] as const;

const refusal = (error: unknown): RcmError =>
  TOKEN_ERRORS.some((kind) => error instanceof kind)
    ? invalid()
    : new RcmError('identity_unavailable', 'The keys of the token issuer could not be read, so nobody can be let in; ask again.', { cause: error });

const invalid = (): RcmError => new RcmError('token_invalid', 'A valid bearer token is needed.');
