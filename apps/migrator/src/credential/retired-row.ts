import type { EndpointRow } from '@rcm/db';
import { RcmError } from '@rcm/telemetry';

/**
 * Of a retired endpoint nothing is moved, whatever somebody has written into its row: no row would name the secret. Where the secret lies that the row is to name again is said, since what
 * the row holds may be a copy of it.
 */
export function retiredRow({ id, retiredSecretArn }: Pick<EndpointRow, 'id' | 'retiredSecretArn'>): RcmError {
  const named = retiredSecretArn === null ? 'Its row never named a secret.' : `The secret that its row named is ${retiredSecretArn}.`;
  return new RcmError(
    'endpoint_retired',
    `Endpoint ${id} is retired, and its row holds a login all the same, which may be the only copy of something. ${named} Nothing was changed. Once \`rcm endpoint reinstate\` has taken the retirement back, \`apply\` goes on with it; or remove it from the row, where nobody needs it.`,
  );
}
