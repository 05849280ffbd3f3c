import { Secret } from '@rcm/telemetry';
import type { SecretKind, SoughtSecret } from './scan.ts';

/** Custom fields are a portal's own affair; those named like these hold something that must not be seen. */
const SECRET_FIELD = /key|token|secret|password|pin\b/i;

/** What must not be found of one login's payload (the JSON of the original design 4.1, as text or parsed). Anything that is no payload has none. */
export function payloadSecrets(payload: unknown): SoughtSecret[] {
  const fields = asObject(typeof payload === 'string' ? parsed(payload) : payload);
  const found: SoughtSecret[] = [];
  const take = (kind: SecretKind, value: unknown) => {
    if (typeof value === 'string' && value !== '') found.push({ kind, value: new Secret(value) });
  };
  take('password', fields.password);
  take('seed', fields.mfa_seed);
  take('key', fields.oauth_client_secret);
  for (const [name, value] of Object.entries(asObject(fields.custom_fields))) {
    if (SECRET_FIELD.test(name)) take('key', value);
  }
  return found;
}

const asObject = (value: unknown): Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
