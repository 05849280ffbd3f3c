import { reinstateEndpoint } from '@rcm/db/admin';
import { RcmError } from '@rcm/telemetry';
import { environmentFor } from '../environment.ts';
import type { Person } from '../onboarding/add.ts';
import { asOperator } from '../operator.ts';
import type { Report } from '../report.ts';

/**
 * Takes a retirement back: the row as `rcm_operator`, then, with the migrator's rights, what the store holds. May be repeated after a crash between the two. Fails with
 * `endpoint_unknown`, `secret_missing` (the secret was removed meanwhile; the login is retired no more).
 */
export async function endpointReinstate(environment: NodeJS.ProcessEnv, id: string, person: Person): Promise<Report> {
  const answer = await asOperator(environment, (db) => reinstateEndpoint(db, id, person));
  if (answer === 'unknown') throw new RcmError('endpoint_unknown', `There is no endpoint ${id}. Nothing was done.`);
  const { withOnboarding } = await import('@rcm/migrator');
  const named = await withOnboarding(environmentFor('migrator', environment), ({ reinstate }) => reinstate(id));
  const outcome = answer === 'not_retired' && named === 'already' ? 'was not retired' : 'is used again';
  return { json: { endpoint: id, reinstated: outcome === 'is used again' }, lines: () => [`${id}  ${outcome}`], well: true };
}
