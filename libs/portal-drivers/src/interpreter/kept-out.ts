import type { Secret } from '@rcm/telemetry';
import type { PortalCredential } from '../driver.ts';
import type { TaskOutcome } from '../outcome.ts';
import { createSecretMask } from '../secret-mask.ts';

/** Shorter ones are in many results by chance. */
const SHORTEST = 8;

/** What of a credential no result of a task may hold: results are stored and handed out. The user name may be in one. */
export const keptOut = (credential: PortalCredential, ...more: readonly Secret<string>[]): Secret<string>[] => [
  credential.password,
  ...(credential.neverTyped ?? []),
  ...more,
];

/** A result without secrets as it is; with one it is no result, whatever the page or the recipe meant by it. */
export function withoutSecrets(outcome: TaskOutcome, secrets: readonly Secret<string>[]): TaskOutcome {
  if (outcome.kind !== 'found') return outcome;
  const { isIn } = createSecretMask(secrets, { shortest: SHORTEST });
  const values = [...outcome.rows, outcome.fields ?? {}].flatMap((row) => Object.values(row));
  if (!values.some((value) => typeof value === 'string' && isIn(value))) return outcome;
  return { kind: 'unknown', detail: 'The result would hold a secret of the login, so it is not given: the recipe reads a field that it must not read.' };
}
