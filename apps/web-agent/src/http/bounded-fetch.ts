import { RcmError } from '@rcm/telemetry';
import type { FetchImplementation } from 'jose';

/** A JWKS of a hundred RSA keys takes a quarter of this. */
const LARGEST_BODY_BYTES = 256 * 1024;

/** Fetches a document and holds no more of it in memory than a key set can need. Fails with `identity_unavailable` for a larger one. */
export const boundedFetch: FetchImplementation = async (url, options) => {
  const response = await fetch(url, options);
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += part.byteLength;
    // Leaving the loop cancels the rest of the body.
    if (size > LARGEST_BODY_BYTES) throw new RcmError('identity_unavailable', `The document is larger than ${LARGEST_BODY_BYTES} bytes.`);
    parts.push(part);
  }
  return new Response(Buffer.concat(parts), { status: response.status, headers: response.headers });
};
