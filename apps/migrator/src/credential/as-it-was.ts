import { parsePayload } from '@rcm/credentials';
import { formOf, rebuild } from '@rcm/credentials/legacy';
import { RcmError, type Secret } from '@rcm/telemetry';

/**
 * What a row holds that has a stored payload: as it was written before it was migrated, with the login's present values; a payload that was never in a row, or
 * as it is, goes in as it is. Fails with `payload_invalid`, and `state_conflict` for a form of a later version.
 */
export function asItWas(stored: Secret<string>): Secret<unknown> {
  const payload = parsePayload(stored);
  return payload.map((fields) => {
    const form = formOf(fields);
    if (form === 'unknown')
      throw new RcmError('state_conflict', 'The secret says in a way that this version does not know how its row was written. The row was left as it is.');
    return form === null ? fields : rebuild(form, fields);
  });
}
