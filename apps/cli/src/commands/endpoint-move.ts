import { RcmError } from '@rcm/telemetry';
import { environmentFor } from '../environment.ts';
import type { Person } from '../onboarding/add.ts';
import type { Report } from '../report.ts';

export interface EndpointMoveOptions {
  readonly to?: string;
  readonly store?: 'ssm' | 'secrets-manager' | 'vault';
  readonly unproved?: boolean;
}

/**
 * Moves a login's secret to another account, region or store of the deployment, with the migrator's rights. Not well where it was not accepted there and was moved back. Fails
 * with `input_invalid` (no such place), `config_invalid`, `endpoint_unknown`, and as the move does; the row then names what it named.
 */
export async function endpointMove(
  environment: NodeJS.ProcessEnv,
  id: string,
  { to, store, unproved = false }: EndpointMoveOptions,
  person: Person,
): Promise<Report> {
  const place = to === undefined ? {} : placeOf(to);
  if (to === undefined && store === undefined)
    throw new RcmError('input_invalid', 'Say where to: --to ACCOUNT/REGION, --store STORE, or both. Nothing was changed.');
  const { withOnboarding } = await import('@rcm/migrator');
  const {
    is,
    from,
    to: there,
    login,
  } = await withOnboarding(environmentFor('migrator', environment), ({ move }) =>
    move({ endpointId: id, ...place, store, proof: unproved ? 'none' : 'login', ...person }),
  );
  const words = {
    moved: `lies in ${there} now; what is in ${from} stays until the guardian removes it (\`rcm endpoint moved\`)`,
    already: `lies in ${there}; nothing was changed`,
    moved_back: `was moved back to ${from}: with what lies in ${there} it was not accepted${login && login.is !== 'accepted' ? ` (${login.code}: ${login.words})` : ''}`,
  };
  return {
    json: { endpoint: id, outcome: is, from, to: there, login: login && { outcome: login.is, code: login.is === 'accepted' ? null : login.code } },
    lines: () => [`${id}  ${words[is]}`],
    well: is !== 'moved_back',
  };
}

function placeOf(to: string): { readonly account: string; readonly region: string } {
  const named = /^(?<account>[0-9]{12})\/(?<region>[a-z0-9-]{4,40})$/.exec(to)?.groups;
  if (named) return { account: named.account ?? '', region: named.region ?? '' };
  throw new RcmError('input_invalid', '--to is an account and a region, as in 222222222222/us-east-1. Nothing was changed.');
}
