import { join } from 'node:path';
import { readFileSync, writeFileSync } from 'node:fs';
import { openDatabase, type Database } from '@rcm/db';
import { askAuditCheck, type AuditCheck, listAuditChecks } from '@rcm/db/audit';
import { urlFor } from '@rcm/db/testing';
import { createLogger, createMetrics } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readAuditConfig } from '../config.ts';
import type { Services } from '../services.ts';
import { type AuditEnvironment, openAuditEnvironment } from '../testing.fixture.ts';
import { type Checks, openChecks } from './checks.ts';

let w: AuditEnvironment;
let page: Database;
let services: Services;
const opened: Checks[] = [];
beforeAll(async () => {
  w = await openAuditEnvironment();
  await w.organization('hospital-1', 'hospital-2', 'hospital-3');
  await w.append('hospital-1', 12);
  await w.append('hospital-2', 5);
  await w.headsWrite();
  page = openDatabase({ url: urlFor('rcm_console', w.url), applicationName: 'console', role: 'rcm_console', maxConnections: 2 });
  const db = openDatabase({ url: urlFor('rcm_head_writer', w.url), applicationName: 'heads', role: 'rcm_head_writer', maxConnections: 2 });
  services = { db, logger: createLogger({ name: 'audit', level: 'silent' }), metrics: createMetrics(), warnings: [], close: () => db.close() };
});
afterAll(async () => {
  for (const each of opened) await each.close();
  await services?.close();
  await page?.close();
  await w?.close();
});

const checksWith = (settings: Readonly<Record<string, string>> = {}): Checks | null => {
  const url = join(w.folder, 'url-checks');
  writeFileSync(url, urlFor('rcm_auditor', w.url), { mode: 0o600 });
  const checks = openChecks(readAuditConfig(w.environment('rcm_head_writer', { RCM_AUDIT_CHECKS_DATABASE_URL_FILE: url, ...settings })), services);
  if (checks) opened.push(checks);
  return checks;
};
/** What somebody reads who has asked. */
async function answer(orgId: string, checks = checksWith()): Promise<AuditCheck> {
  await askAuditCheck(page, { orgId, actor: 'person:oidc:https://id.example/#jane', reason: 'the quarter' });
  expect(await checks?.next(new AbortController().signal)).toBe(true);
  const [newest] = await listAuditChecks(page, { orgId, limit: 1 });
  if (!newest) throw new Error('nothing was asked for');
  return newest;
}

test('says of one chain what `audit verify --org` says of it', async () => {
  const { state, report } = await answer('hospital-1');
  const said = (await w.verify('--org', 'hospital-1')).report;
  const [chain] = said.chains;
  // That it was asked for stands in the chain itself, behind the head.
  expect([state, report?.events, report?.heads, report?.proven, report?.findings]).toEqual(['sound', said.events, said.heads, chain?.proven, said.findings]);
  expect(report).toMatchObject({ events: 13, proven: 12, heads: 1, provenAt: chain?.head?.at });
  expect(report?.firstAt).toMatch(/^\d{4}-\d\d-\d\dT/);
  expect((report?.firstAt ?? '') <= (report?.lastAt ?? '')).toBe(true);
});

test('names what is broken and at which event, of this chain alone; what is another’s stays the other’s', async () => {
  await w.tamper(`UPDATE audit_event SET reason = 'else' WHERE org_id = 'hospital-2' AND seq = 3`);
  const broken = await answer('hospital-2');
  expect(broken.state).toBe('broken');
  expect(broken.report?.findings).toEqual([{ kind: 'event_changed', message: 'Event 3 is not what was written: its fields do not give its hash.' }]);
  expect(broken.report?.proven).toBe(0);
  expect((await answer('hospital-1')).state).toBe('sound');
});

test('a head that another organization’s was forged into breaks that one’s chain alone, and no answer says where heads lie', async () => {
  const forged = join(w.folder, 'forged.ndjson');
  const lines = readFileSync(w.headsFile, 'utf8').replace('"org":"hospital-2","count":5', '"org":"hospital-2","count":4');
  writeFileSync(forged, lines);
  const forgedOnes = { RCM_AUDIT_HEADS_FILE: forged };
  expect((await answer('hospital-1', checksWith(forgedOnes))).state).toBe('sound');
  const theirs = await answer('hospital-2', checksWith(forgedOnes));
  expect(theirs.report?.findings.map(({ kind }) => kind)).toContain('head_forged');
  expect(JSON.stringify(theirs)).not.toContain(w.folder);
});

test('without a head nothing is proven, and that is said: nothing is wrong either', async () => {
  const { state, report } = await answer('hospital-3');
  expect([state, report?.heads, report?.proven, report?.findings.map(({ kind }) => kind)]).toEqual(['unproven', 0, 0, ['no_heads']]);
});

test('where heads cannot be read, or its time is over, it has failed, and may be asked for again', async () => {
  const gone = await answer('hospital-1', checksWith({ RCM_AUDIT_HEADS_FILE: join(w.folder, 'nowhere') }));
  expect([gone.state, gone.code, gone.report]).toEqual(['failed', 'config_invalid', null]);
  const stopped = new AbortController();
  stopped.abort();
  await askAuditCheck(page, { orgId: 'hospital-1', actor: 'person:os:jane', reason: 'again' });
  expect(await checksWith()?.next(stopped.signal)).toBe(true);
  expect((await listAuditChecks(page, { orgId: 'hospital-1', limit: 1 }))[0]).toMatchObject({ state: 'failed', code: 'cancelled' });
});

test('is done where there is a login for it, and only with heads to check against', async () => {
  expect(openChecks(readAuditConfig(w.environment('rcm_head_writer')), services)).toBeNull();
  const { RCM_AUDIT_HEADS_FILE: _, ...noHeads } = w.environment('rcm_head_writer', { RCM_AUDIT_CHECKS_DATABASE_URL: urlFor('rcm_auditor', w.url) });
  expect(() => openChecks(readAuditConfig(noHeads), services)).toThrow('no heads to check against');
  // A login that could write is none of an auditor.
  const wrong = openChecks(readAuditConfig(w.environment('rcm_head_writer', { RCM_AUDIT_CHECKS_DATABASE_URL: urlFor('rcm_rotator', w.url) })), services);
  expect((await answer('hospital-1', wrong ?? undefined)).code).toBe('config_invalid');
  await wrong?.close();
});
