/** Why a receiver did not take a callback; each is another thing to look at. */
type Reason =
  // Its name leads to an address that it is not said to have, or to none.
  | ('address_refused' | 'unknown_name')
  // Nobody is there; somebody else is, by their certificate.
  | ('unreachable' | 'untrusted')
  // It never answered; it began to; it answered what is no HTTP, or broke off.
  | ('silent' | 'slow' | 'broken_answer')
  // By its status.
  | ('redirected' | 'refused' | 'gone' | 'failed');

export interface PostFailure {
  readonly reason: Reason;
  /** Where it gave one. */
  readonly status?: number;
}

/** How far a request has come: what tells a receiver that is not there from one that is silent, and that from one that is slow. */
export interface Progress {
  isConnected: boolean;
  hasAnswered: boolean;
}

/** Of a request that ended without the head of an answer. */
export function failureOf(error: Error & { readonly code?: string }, { isConnected, hasAnswered }: Progress, isLate: boolean): PostFailure {
  const { code = '' } = error;
  if (code === 'RCM_ADDRESS_REFUSED') return { reason: 'address_refused' };
  if (!isConnected) return { reason: ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_FAIL'].includes(code) ? 'unknown_name' : 'unreachable' };
  if (isLate) return { reason: hasAnswered ? 'slow' : 'silent' };
  return { reason: isOfCertificate(code) ? 'untrusted' : 'broken_answer' };
}

/** As Node and OpenSSL name what is wrong with a certificate or its chain. */
const isOfCertificate = (code: string): boolean =>
  /^ERR_TLS_CERT|^CERT_|^UNABLE_TO_|^DEPTH_ZERO_|^SELF_SIGNED_|^INVALID_CA$|^INVALID_PURPOSE$|^HOSTNAME_MISMATCH$|^PATH_LENGTH_EXCEEDED$/.test(code);
