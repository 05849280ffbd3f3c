import type { Database } from '@rcm/db';
import { retireEndpoint, type Retirement } from '@rcm/db/admin';
import { listLogins } from '@rcm/db/fleet';
import { RcmError } from '@rcm/telemetry';
import type { Person } from '../onboarding/add.ts';
import { organizationNamed } from '../organization.ts';
import type { Report } from '../report.ts';
import { table } from '../table.ts';

export interface RetireOptions {
  readonly dryRun?: boolean;
}

interface Ended {
  readonly id: string;
  readonly outcome: Retirement;
}

const PAGE = 500;

/** Why not, and what to do about it. */
const WHY: Readonly<Record<Retirement, string>> = {
  retired: '',
  already: '',
  would_retire: '',
  unknown: 'there is no such login',
  plaintext: 'its row holds plaintext: `rcm migrate apply` and `scrub` first',
  rotation: 'a rotation is open: let it end, or `rcm login resolve` it',
  in_use: 'somebody is at it: say it again when they have done',
};

/** Retires the logins that are named. Not well where one of them could not be. */
export async function endpointRetire(db: Database, ids: readonly string[], { dryRun = false }: RetireOptions, person: Person): Promise<Report> {
  const ended: Ended[] = [];
  for (const id of ids) ended.push({ id, outcome: await retireEndpoint(db, id, { ...person, dryRun }) });
  return reportOf(ended);
}

/** Retires every login of an organization, one by one. May be repeated: those that are retired are not met again. Fails with `input_invalid` where it has none, or is none. */
export async function orgRetire(db: Database, orgId: string, { dryRun = false }: RetireOptions, person: Person): Promise<Report> {
  const ended: Ended[] = [];
  for await (const id of loginsOf(db, orgId)) ended.push({ id, outcome: await retireEndpoint(db, id, { ...person, dryRun }) });
  if (ended.length === 0) {
    await organizationNamed(db, orgId);
    throw new RcmError('input_invalid', `Organization ${orgId} has no login that is not retired. Nothing was done.`);
  }
  return reportOf(ended);
}

async function* loginsOf(db: Database, orgId: string): AsyncGenerator<string> {
  for (let after: Parameters<typeof listLogins>[1]['after'] = null; ;) {
    const { logins, next } = await listLogins(db, { filter: { orgId }, after, limit: PAGE });
    yield* logins.map(({ id }) => id);
    if (next === null) return;
    after = next;
  }
}

const isWell = ({ outcome }: Ended): boolean => WHY[outcome] === '';

function reportOf(ended: readonly Ended[]): Report {
  const left = ended.filter((each) => !isWell(each)).length;
  return {
    json: { endpoints: ended, left },
    lines: (view) => [
      ...table(
        view,
        [{ title: 'LOGIN' }, { title: 'OUTCOME' }, { title: 'WHY NOT', shrinks: true }],
        ended.map((each) => [
          { text: each.id },
          { text: each.outcome.replaceAll('_', ' '), style: isWell(each) ? 'green' : 'red' },
          { text: WHY[each.outcome] },
        ]),
      ),
      '',
      ...(ended.some(({ outcome }) => outcome === 'retired')
        ? ['The secrets stay in their store: `rcm endpoint retired` lists them (docs/retiring.md).']
        : ['Nothing was done.']),
    ],
    well: left === 0,
  };
}
