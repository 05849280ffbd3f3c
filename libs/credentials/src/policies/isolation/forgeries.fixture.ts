import type { Tag } from '@aws-sdk/client-sts';
import { taskRoleName, type TenantApp, tenantRoleName } from '../index.ts';
import { ENVIRONMENT, type JudgedAccount, OPEN_ROLE } from './account.fixture.ts';
import { type Clients, clientsOf, closeClients } from './clients.fixture.ts';
import type { Cell } from './matrix.fixture.ts';
import { APPS, assume } from './sessions.fixture.ts';

const tags = (given: Readonly<Record<string, string>>): Tag[] => Object.entries(given).map(([Key, Value]) => ({ Key, Value }));
const mercy = { env: ENVIRONMENT, tenant_id: 'mercy' };
const named = (tenant: string) => tags({ env: ENVIRONMENT, tenant_id: tenant });

interface Attempt {
  readonly what: string;
  readonly expected: Cell['expected'];
  readonly Tags: Tag[];
  readonly transitive?: string[];
}

const characters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ/:._=+@ '];

/** What a task may ask for when it becomes a tenant. */
const attempts: readonly Attempt[] = [
  { what: 'one tenant', expected: 'allowed', Tags: tags(mercy) },
  { what: 'the longest id', expected: 'allowed', Tags: named('x'.repeat(63)) },
  { what: 'a longer id', expected: 'denied', Tags: named('x'.repeat(64)) },
  { what: 'an id that begins with a dash', expected: 'denied', Tags: named('-mercy') },
  ...characters.map((character): Attempt => ({ what: `an id with "${character}"`, expected: 'denied', Tags: named(`mer${character}cy`) })),
  { what: 'no tenant', expected: 'denied', Tags: tags({ env: ENVIRONMENT }) },
  { what: 'an empty tenant', expected: 'denied', Tags: named('') },
  { what: 'no environment', expected: 'denied', Tags: tags({ tenant_id: 'mercy' }) },
  { what: 'another environment', expected: 'denied', Tags: tags({ env: 'prod2', tenant_id: 'mercy' }) },
  { what: 'the environment in upper case', expected: 'denied', Tags: tags({ env: 'PROD', tenant_id: 'mercy' }) },
  { what: 'no tags', expected: 'denied', Tags: [] },
  { what: 'one tag more', expected: 'denied', Tags: tags({ ...mercy, role: 'admin' }) },
  { what: 'a tag key in another case', expected: 'denied', Tags: tags({ env: ENVIRONMENT, Tenant_ID: 'mercy' }) },
  { what: 'the other tag key in another case', expected: 'denied', Tags: tags({ ENV: ENVIRONMENT, tenant_id: 'mercy' }) },
  { what: 'tags that go on to a further role', expected: 'denied', Tags: tags(mercy), transitive: ['tenant_id'] },
];

export interface Forgeries {
  readonly cells: Cell[];
  /** Those that the trust policies refuse by themselves, and that the tasks' own policies do. */
  readonly byTrust: Cell[];
  readonly byIdentity: Cell[];
  close(): void;
}

/** Becoming a tenant with every sort of tags, as every sort of caller. */
export function forgeries(account: JudgedAccount): Forgeries {
  const { aws } = account;
  const tasks = new Map(APPS.map((app) => [app, clientsOf(aws, aws.taskCredentials(taskRoleName(app)))]));
  const administrator = clientsOf(aws, aws.credentials);
  const stranger = clientsOf(aws, aws.taskCredentials(OPEN_ROLE));
  const cell = (title: string, expected: Cell['expected'], clients: Clients | undefined, role: string, Tags: Tag[], transitive?: string[]): Cell => ({
    title,
    expected,
    standsForOthers: true,
    run: (by) => account.judge(() => assume(clients ?? administrator, role, Tags, transitive), by),
  });
  const withTags = (app: TenantApp): Cell[] => [
    ...attempts.map(({ what, expected, Tags, transitive }) =>
      cell(`task of ${app}, AssumeRole with ${what}`, expected, tasks.get(app), tenantRoleName(app), Tags, transitive),
    ),
    cell(`administrator, AssumeRole of ${app}`, 'denied', administrator, tenantRoleName(app), tags(mercy)),
    cell(`a role that may do everything, AssumeRole of ${app}`, 'denied', stranger, tenantRoleName(app), tags(mercy)),
  ];
  const ofOtherApps = (app: TenantApp): Cell[] =>
    APPS.filter((other) => other !== app).map((other) =>
      cell(`task of ${app}, AssumeRole of ${other}`, 'denied', tasks.get(app), tenantRoleName(other), tags(mercy)),
    );
  const ofStrangers = APPS.map((app) => cell(`task of ${app}, AssumeRole of a role that trusts the account`, 'denied', tasks.get(app), OPEN_ROLE, []));
  const [tagged, others] = [APPS.flatMap(withTags), APPS.flatMap(ofOtherApps)];
  return {
    cells: [...tagged, ...others, ...ofStrangers],
    byTrust: [...tagged, ...others],
    byIdentity: [...others, ...ofStrangers],
    close: () => [...tasks.values(), administrator, stranger].forEach(closeClients),
  };
}
