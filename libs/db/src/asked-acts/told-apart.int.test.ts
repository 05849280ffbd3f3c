import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { changedPortal } from '../portal-changes/changed-portal.fixture.ts';
import { decidePortalChange, proposePortalType } from '../portal-changes/propose.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { askAct } from './ask.ts';
import { decideAct } from './decide.ts';

let t: TestDatabase;
let operator: Database;
beforeAll(async () => {
  t = await openTestDatabase();
  operator = t.another('rcm_operator');
});
afterAll(() => t.close());

const ROLE = 'person:sts:arn:aws:sts::123456789012:assumed-role/ops';
test.each([
  ['from another machine, as which a container starts anew', 'person:os:jane@desk', 'person:os:jane@3f2a9c1b7d40', 'person:os:john@3f2a9c1b7d40'],
  ['with a session that a program has named', `${ROLE}/jane`, `${ROLE}/aws-sdk-js-1764650000000`, `${ROLE}/john`],
  ['with another session that a program has named', `${ROLE}/botocore-session-1764650000`, `${ROLE}/botocore-session-1764650001`, `${ROLE}2/john`],
  ['from another task or machine of AWS', `${ROLE}/i-0123456789abcdef0`, `${ROLE}/${'0a'.repeat(16)}`, 'person:sts:arn:aws:iam::123456789012:user/john'],
])('nobody approves %s what they may have asked for, and somebody else does', async (_, actor, same, other) => {
  const endpoint = await makeEndpoint(t.db);
  const approve = (id: string, by: string) => decideAct(operator, { id, orgId: endpoint.orgId, decision: 'approved', actor: by, reason: 'spoke to her' });
  const { id } = await askAct(operator, { ...endpoint, kind: 'break_glass', minutes: 5, actor, reason: 'the platform is down' });
  await expect(approve(id, same)).rejects.toMatchObject({ code: 'state_conflict', message: expect.stringContaining('two people') as string });
  expect(await approve(id, other)).not.toBeNull();
  const change = await changedPortal(t, operator);
  const proposed = await proposePortalType(operator, change.document, { actor, reason: 'new pages' });
  const decide = (by: string) => decidePortalChange(operator, { id: proposed.id, decision: 'approved', actor: by, reason: 'read it' });
  await expect(decide(same)).rejects.toMatchObject({ code: 'state_conflict', message: expect.stringContaining('two people') as string });
  expect(await decide(other)).not.toBeNull();
});
