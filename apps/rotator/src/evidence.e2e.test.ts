import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsePayload, parseReference } from '@rcm/credentials';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRotatorEnvironment, type RotatorEnvironment } from './testing.fixture.ts';

let home: string;
let opened: RotatorEnvironment;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'rcm-rotator-evidence-'));
  process.env.RCM_EVIDENCE_DIR = join(home, 'evidence');
  opened = await openRotatorEnvironment({ endpoints: ['alpine'], portalType: { propagationDelayMs: 200 } });
});
afterAll(async () => {
  delete process.env.RCM_EVIDENCE_DIR;
  await opened?.close();
  await rm(home, { recursive: true });
});

it('a password change that ends unclear leaves its page, without either password, and the rotation ends as without', async () => {
  const { testEnvironment } = opened;
  const { orgId, secretArn, username } = testEnvironment.endpoint('alpine-1');
  const password = async () =>
    parsePayload((await testEnvironment.stores.forTenant(orgId).read(parseReference(secretArn)))?.text ?? failed()).reveal().password;
  const before = await password();
  await testEnvironment.portals.setAccountFault({ portal: 'alpine', username }, { fault: '500_after_commit', count: 1 });
  expect(await opened.untilEnded('alpine-1')).toMatchObject({ kind: 'attempt', attempt: { state: 'done' } });
  const after = await password();
  expect(after).not.toBe(before);

  const folder = join(home, 'evidence', orgId);
  await expect.poll(() => readdir(folder).catch(() => [])).toHaveLength(2);
  const [json = '', png = ''] = (await readdir(folder)).sort();
  expect([json, png]).toEqual([expect.stringMatching(/-alpine-1-change-unknown\.json$/), expect.stringMatching(/-alpine-1-change-unknown\.png$/)]);
  const kept = await readFile(join(folder, json), 'utf8');
  expect((JSON.parse(kept) as { text: string }).text).toContain('Something went wrong on our side.');
  for (const secret of [before, after, username]) for (const text of [kept, json, png]) expect(text).not.toContain(secret);
});

function failed(): never {
  throw new Error('no secret');
}
