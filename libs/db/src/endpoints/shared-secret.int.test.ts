import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { beginMove, recordMove } from '../secret-places/move.ts';
import { listUnnamedSecrets } from '../secret-places/unnamed.ts';
import { exclusiveLease, makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { listRetired, retireEndpoint } from './retire.ts';
import { WHY } from './retiring.fixture.ts';

/** A secret that several logins of an organization name. */
let t: TestDatabase;
let operator: Database;
beforeAll(async () => {
  t = await openTestDatabase();
  operator = t.another('rcm_operator');
});
afterAll(() => t.close());

const retire = (on: TestEndpoint) => retireEndpoint(operator, on.endpointId, WHY);

test('of a login that is retired or was moved is none to remove while another names it; one that is retired goes along where it is moved', async () => {
  const one = await makeEndpoint(t.db);
  const { orgId, secretArn, loginIdentity } = one;
  const two = await makeEndpoint(t.db, { orgId, secretArn, loginIdentity });
  expect(await retire(one)).toBe('retired');
  const list = async () => {
    const { endpoints, overdue } = await listRetired(operator, { orgId, limit: 10, keptMs: 0 });
    return { overdue, endpoints: endpoints.map((each) => [each.secretArn, each.usedBy]) };
  };
  expect(await list()).toEqual({ overdue: 0, endpoints: [[secretArn, two.endpointId]] });

  const moved = `${secretArn}-moved`;
  const lease = await exclusiveLease(t.rotator, two);
  const move = { ...two, leaseId: lease.id, from: { secretArn, version: '1', place: 'here' }, to: { secretArn: moved, version: '1', place: 'there' } };
  expect(await recordMove(t.another('rcm_migrator'), move, WHY)).toBe('moved');
  expect(await list()).toEqual({ overdue: 0, endpoints: [[moved, two.endpointId]] });
  const left = async () => {
    const { secrets, overdue: late } = await listUnnamedSecrets(operator, { orgId, limit: 10, keptMs: 0 });
    return { late, secrets: secrets.map((each) => [each.secretArn, each.usedBy]) };
  };
  expect(await left()).toEqual({ late: 1, secrets: [[secretArn, null]] });
  const three = await makeEndpoint(t.db, { orgId, secretArn });
  expect(await left()).toEqual({ late: 0, secrets: [[secretArn, three.endpointId]] });
  await releaseLease(t.rotator, { orgId, leaseId: lease.id });
  expect(await retire(two)).toBe('retired');
  expect(await list()).toMatchObject({ overdue: 2 });
});

test('is not forgotten where a login that lay under its name is moved away and back, to a name of its own', async () => {
  const two = await makeEndpoint(t.db);
  const { orgId, secretArn } = two;
  const lease = await exclusiveLease(t.rotator, two);
  const migrator = t.another('rcm_migrator');
  const at = (arn: string, place: string) => ({ secretArn: arn, version: '1', place });
  const [shared, there, own] = [at(secretArn, 'here'), at(`${secretArn}-there`, 'there'), at(`${secretArn}-own`, 'here')];
  for (const [from, to] of [
    [shared, there],
    [there, own],
  ] as const) {
    await beginMove(migrator, { ...two, place: to.place });
    expect(await recordMove(migrator, { ...two, leaseId: lease.id, from, to }, WHY)).toBe('moved');
  }
  const { secrets } = await listUnnamedSecrets(operator, { orgId, limit: 10, keptMs: 0 });
  expect(secrets.map((each) => [each.place, each.why, each.secretArn])).toEqual([
    ['here', 'left', secretArn],
    ['there', 'left', there.secretArn],
  ]);
});
