import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asSuperuser, urlFor } from '@rcm/db/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from './browser.fixture.ts';
import { countIn, mustBeHarmless } from './harmless.fixture.ts';
import { openTestConsole, type TestConsole } from './testing.fixture.ts';
import { rcmAlone, type RunningProcess, startAuditHeads } from './test-environment.fixture.ts';

/** A check of the chain as a person asks for it here, beside the process that does it, and as somebody does it at a terminal. */
let w: TestConsole;
let folder: string;
let settings: Record<string, string>;
let heads: RunningProcess;
let auditor: Browser;
let terminal: Record<string, string>;
beforeAll(async () => {
  w = await openTestConsole();
  folder = mkdtempSync(join(tmpdir(), 'rcm-check-'));
  const pair = generateKeyPairSync('ed25519', { privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const kept = { RCM_AUDIT_HEADS_FILE: join(folder, 'heads.ndjson') };
  const auditors = file('auditor-url', urlFor('rcm_auditor', w.url));
  await asSuperuser(w.url, [
    `SELECT set_config('app.tenant_id', '*', false)`,
    ...[1, 1, 1, 2].map(
      (number) =>
        `INSERT INTO audit_event (org_id, seq, at, actor, action, subject, reason, previous_hash, hash) VALUES ('hospital-${number}', 0, now(), 'agent', 'login.used', 'alpine-${number}', 'r', '', '')`,
    ),
  ]);
  settings = {
    ...kept,
    RCM_DATABASE_URL_FILE: file('writer-url', urlFor('rcm_head_writer', w.url)),
    RCM_AUDIT_SIGNING_KEY_FILE: file('key.pem', pair.privateKey),
    RCM_AUDIT_CHECKS_DATABASE_URL_FILE: auditors,
    RCM_AUDIT_CHECKS_SCAN_MS: '100',
    RCM_AUDIT_INTERVAL_MS: '100',
  };
  heads = await startAuditHeads(settings);
  terminal = { ...kept, RCM_DATABASE_URL_FILE: auditors, RCM_AUDIT_PUBLIC_KEYS: file('public.pem', pair.publicKey), RCM_LOG_LEVEL: 'silent' };
  auditor = await w.browser('one-auditor');
});
afterAll(async () => {
  await heads?.stop();
  await w?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const PAGE = '/o/hospital-1/audit';
async function ask(reason: string): Promise<void> {
  expect(await auditor.post(`${PAGE}/acts/verify`, { token: await auditor.token(), reason })).toMatchObject({ status: 303 });
}
/** The page once nothing waits on it any more. */
async function shown(browser = auditor): Promise<string> {
  for (;;) {
    const answer = await browser.get(PAGE);
    mustBeHarmless(answer, PAGE);
    if (!answer.text.includes('Load the page again')) return answer.text;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
/** Each head of a round that is over counts the events of before. */
const untilProven = async (): Promise<void> => {
  const events = await countIn(w.url, `SELECT FROM audit_event WHERE org_id = 'hospital-1'`);
  while (!(await verify()).chains.some(({ proven }) => proven >= events)) await new Promise((resolve) => setTimeout(resolve, 100));
};
interface Verified {
  readonly findings: readonly { readonly kind: string; readonly message: string }[];
  readonly chains: readonly { readonly events: number; readonly proven: number }[];
}
const verify = async (): Promise<Verified> => JSON.parse((await rcmAlone(['audit', 'verify', '--org', 'hospital-1', '--json'], terminal)).stdout) as Verified;

test('a chain that nobody touched is found whole, up to its last head, as at a terminal', async () => {
  await untilProven();
  const before = await countIn(w.url, `SELECT FROM audit_event`);
  await ask('the quarter is over');
  const page = await shown();
  expect(page).toMatch(/Found last.*whole/s);
  expect(page).toContain('Nothing. Heads prove it');
  const [, to] = /Proven to<\/dt><dd>event (\d+)/.exec(page) ?? [];
  expect(Number(to)).toBeGreaterThanOrEqual(3);
  expect((await verify()).findings).toEqual([]);
  // One event that it was asked for, by whom and why, and none that it was done: what is checked is left as it is.
  expect(await countIn(w.url, `SELECT FROM audit_event`)).toBe(before + 1);
  expect(
    await countIn(
      w.url,
      `SELECT FROM audit_event WHERE org_id = 'hospital-1' AND action = 'audit.check_asked' AND actor LIKE '%#one-auditor' AND reason = 'the quarter is over'`,
    ),
  ).toBe(1);
});

test('what is broken is named with its event, word for word as at a terminal, with what to do; another organization reads nothing of it', async () => {
  await untilProven();
  await asSuperuser(w.url, [
    'ALTER TABLE audit_event DISABLE TRIGGER ALL',
    `UPDATE audit_event SET reason = 'else' WHERE org_id = 'hospital-1' AND seq = 2`,
    'ALTER TABLE audit_event ENABLE TRIGGER ALL',
  ]);
  await ask('it looks odd');
  const page = await shown();
  const { findings } = await verify();
  expect(findings).toEqual([{ kind: 'event_changed', org: 'hospital-1', message: 'Event 2 is not what was written: its fields do not give its hash.' }]);
  expect(page).toMatch(/Found last.*broken/s);
  for (const { kind, message } of findings) expect(page).toContain(`<code>${kind}</code> ${message}`);
  expect(page).toContain('Keep what there is: rcm audit export');
  // Who sees the page, and may not ask, reads the same and the command.
  const operator = await shown(await w.browser('one-operator'));
  expect([operator.includes('event_changed'), operator.includes('acts/verify'), operator.includes('rcm audit verify --org hospital-1')]).toEqual([
    true,
    false,
    true,
  ]);
  const others = (await (await w.browser('all-auditor')).get('/o/hospital-2/audit')).text;
  expect([others.includes('event_changed'), others.includes('it looks odd'), others.includes('Nobody has asked for a check here yet')]).toEqual([
    false,
    false,
    true,
  ]);
});

test('is not asked for twice at once, and says when nobody does it', async () => {
  await heads.stop();
  await ask('once');
  expect(await auditor.post(`${PAGE}/acts/verify`, { token: await auditor.token(), reason: 'twice' })).toMatchObject({ status: 409 });
  expect((await auditor.get(PAGE)).text).toContain('waits for whoever checks');
  // Each of them is a quarter of an hour older; the newest stays the newest.
  await asSuperuser(w.url, [`UPDATE audit_check SET asked_at = asked_at - interval '16 minutes'`]);
  expect((await auditor.get(PAGE)).text).toMatch(/nobody has taken it.*Nobody does it here/s);
  heads = await startAuditHeads(settings);
  await ask('again');
  expect(await shown()).toContain('again');
});
