import { openDatabase } from '@rcm/db';
import { insertEndpoint, upsertPortalType } from '@rcm/db/admin';
import { asSuperuser, migrateWithLogins, PLAIN_PORTAL_TYPE } from '@rcm/db/testing';
import { freshDatabase } from '@rcm/test-services';
import { tellStory } from '../story.fixture.ts';
import { openTestConsole, seed, type TestConsole } from '../testing.fixture.ts';

const PEOPLE = [
  { id: 'olga', name: 'Olga Operator', groups: ['all-operator'] },
  { id: 'arno', name: 'Arno Approver', groups: ['all-approver'] },
];
const NAMES: Readonly<Record<string, string>> = { 'Hospital 1': 'Lakeside Hospital' };

/** A console over a database of its own, in which the story of two hospitals has been told. `server`: a superuser's URL; default: the test run's. */
export async function openDemo(server?: string): Promise<TestConsole> {
  await using opened = new AsyncDisposableStack();
  const { url, drop } = await freshDatabase({ migrate: migrateWithLogins, ...(server === undefined ? {} : { server }) });
  opened.defer(drop);
  await seed(url);
  await tellStory(url, (plain) => NAMES[plain] ?? plain);
  await fillMonth(url);
  const console = opened.adopt(await openTestConsole({ url, people: PEOPLE }), (each) => each.close());
  const rest = opened.move();
  return { ...console, close: () => rest.disposeAsync() };
}

/** A month of another portal's, far enough away that it is the same in every run: nothing else of the story comes then. */
async function fillMonth(url: string): Promise<void> {
  const owner = openDatabase({ url, applicationName: 'month', maxConnections: 1 });
  const hours = { maintenanceWindows: ['sun 02:00-06:00'], maintenanceTimeZone: 'America/Chicago' };
  await upsertPortalType(owner, { ...PLAIN_PORTAL_TYPE, ...hours, code: 'borealis', name: 'Borealis', hosts: ['borealis.example'], passwordExpiresDays: 90 });
  const ids = ['claims', 'eligibility', 'front-desk', 'night-shift', 'remittances'].map((name) => `borealis-${name}`);
  for (const [i, id] of ids.entries()) {
    const orgId = `hospital-${(i % 2) + 1}`;
    await insertEndpoint(owner, { id, orgId, portalTypeCode: 'borealis', accountId: id, baseUrl: 'https://borealis.example/' });
  }
  await owner.close();
  await asSuperuser(url, [
    `SELECT set_config('app.tenant_id', '*', false), set_config('app.reason', 'month', false)`,
    `INSERT INTO login_identity (id) SELECT encode(sha256(e.id::bytea), 'hex') FROM integration_endpoint e WHERE e.portal_type_code = 'borealis'`,
    `UPDATE integration_endpoint e SET login_identity = encode(sha256(e.id::bytea), 'hex'), secret_arn = 'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/' || e.id, current_version = '1',
            next_rotation_at = '2031-06-03T06:00:00Z'::timestamptz + length(e.id) % 3 * interval '4 days', last_rotated_at = '2031-03-20T06:00:00Z'::timestamptz + length(e.id) % 2 * interval '5 days'
      WHERE e.portal_type_code = 'borealis'`,
  ]);
}
