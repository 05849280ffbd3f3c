import { type Database, openDatabase } from '@rcm/db';
import { insertEndpoint, retireEndpoint, upsertOrganization, upsertPortalType } from '@rcm/db/admin';
import { migrateWithLogins, PLAIN_PORTAL_TYPE, urlFor } from '@rcm/db/testing';
import { Secret } from '@rcm/telemetry';
import { freshDatabase } from '@rcm/test-services';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEndpointStates } from './endpoint-state.ts';
import { TaskStream } from './task-stream.ts';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let owner: Database;
let operator: Database;
beforeAll(async () => {
  database = await freshDatabase({ migrate: migrateWithLogins });
  owner = openDatabase({ url: database.url, applicationName: 'test' });
  operator = openDatabase({ url: urlFor('rcm_operator', database.url), applicationName: 'operator', role: 'rcm_operator' });
  await upsertOrganization(owner, { id: 'north', name: 'North' });
  await upsertPortalType(owner, PLAIN_PORTAL_TYPE);
  const [host = ''] = PLAIN_PORTAL_TYPE.hosts;
  const endpoint = { orgId: 'north', portalTypeCode: PLAIN_PORTAL_TYPE.code, baseUrl: `https://${host}/`, config: new Secret({}) };
  for (const id of ['stays', 'retired']) await insertEndpoint(owner, { ...endpoint, id, accountId: id });
});
afterAll(async () => {
  await operator?.close();
  await owner?.close();
  await database?.drop();
});

test('a login that somebody retires while the platform is up gets no work, and ends none of it', async () => {
  const states = await openEndpointStates(database.url);
  try {
    const before = await states.read();
    expect(before.map(({ id }) => id)).toEqual(['retired', 'stays']);
    expect(await retireEndpoint(operator, 'retired', { actor: 'person:os:jane', reason: 'a walk' })).toBe('retired');
    expect((await states.read()).map(({ id }) => id)).toEqual(['stays']);
    // Retired between the look and the question.
    await new TaskStream({ db: owner, inFlight: 2 }).refill(before.filter(({ id }) => id === 'retired'));
  } finally {
    await states.close();
  }
});
