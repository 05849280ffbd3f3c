import { hasCode, RcmError } from '@rcm/telemetry';
import { errors } from 'jose';

/** Why a token was refused: for the log and a metric. The answer says less, as whoever asks may be anybody. */
export type RefusalReason =
  // Nothing is known of who asks.
  | 'missing'
  | 'malformed'
  | 'unsupported'
  | 'algorithm'
  | 'key_unknown'
  | 'signature'
  // Signed by the issuer, and not what is taken here.
  | 'type'
  | 'issuer'
  | 'audience'
  | 'expired'
  | 'expiry'
  | 'not_valid_yet'
  | 'issued_at'
  | 'too_old'
  | 'lifetime'
  | 'subject'
  | 'tenant'
  | 'claim';

const INVALID = 'A valid bearer token is needed (docs/tasks.md says which); why this one is not is in the log of the web-agent.';
const EXPIRED = 'The bearer token has expired; ask its issuer for another.';

export const refused = (reason: RefusalReason): RcmError =>
  reason === 'expired' ? new RcmError('token_expired', EXPIRED, { details: { reason } }) : new RcmError('token_invalid', INVALID, { details: { reason } });

/** Claims that every token has, and what is said of one where it is missing, of another kind or not as it should be. */
const OF_CLAIM: Readonly<Record<string, RefusalReason>> = {
  iss: 'issuer',
  aud: 'audience',
  exp: 'expiry',
  nbf: 'not_valid_yet',
  iat: 'issued_at',
  sub: 'subject',
};

/** What the library fails with, of a token that is not one of the claims' business. */
const OF_ERROR: readonly (readonly [kind: new () => errors.JOSEError, reason: RefusalReason])[] = [
  [errors.JWSSignatureVerificationFailed, 'signature'],
  [errors.JOSEAlgNotAllowed, 'algorithm'],
  [errors.JOSENotSupported, 'unsupported'],
  [errors.JWKSNoMatchingKey, 'key_unknown'],
  [errors.JWKSMultipleMatchingKeys, 'key_unknown'],
  [errors.JWTInvalid, 'malformed'],
  [errors.JWSInvalid, 'malformed'],
];

/** `null`: no word about the token, the source of the keys did not answer as it should. */
export function reasonOf(error: unknown, tenantClaim: string): RefusalReason | null {
  if (error instanceof errors.JWTExpired) return error.claim === 'iat' ? 'too_old' : 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) return error.claim === tenantClaim ? 'tenant' : (OF_CLAIM[error.claim] ?? 'claim');
  return OF_ERROR.find(([kind]) => error instanceof kind)?.[1] ?? null;
}

export interface TokenRefusal {
  readonly code: string;
  readonly reason: string;
  /** Scopes of which one was needed, where none of them was held. */
  readonly needed?: string;
}

/** What is written of an error that refused a token; `null` for any other. Nothing of the token is in it. */
export function refusalOf(error: unknown): TokenRefusal | null {
  if (!hasCode(error, 'token_invalid', 'token_expired', 'scope_missing')) return null;
  const { reason = 'malformed', needed } = error.details;
  return { code: error.code, reason: String(reason), ...(typeof needed === 'string' ? { needed } : {}) };
}

/** For the header WWW-Authenticate (RFC 6750, 3). */
export function challengeOf({ reason, needed }: TokenRefusal): string {
  if (needed !== undefined) return `Bearer error="insufficient_scope", scope="${needed}"`;
  return reason === 'missing' ? 'Bearer' : 'Bearer error="invalid_token"';
}
