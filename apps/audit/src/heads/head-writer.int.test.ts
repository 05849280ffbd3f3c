import { generateKeyPairSync } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, openDatabase } from '@rcm/db';
import { urlFor } from '@rcm/db/testing';
import { createLogger, createMetrics, Secret } from '@rcm/telemetry';
import { alarmsTold } from '@rcm/telemetry/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { headsFrom, keyOf, verifyAudit } from '../commands/verify.ts';
import { keyFileSigner } from '../signing/key-file-signer.ts';
import type { HeadSigner } from '../signing/signer.ts';
import { headFile } from '../sinks/head-file.ts';
import type { HeadSink } from '../sinks/sink.ts';
import { type AuditEnvironment, linesIn, openAuditEnvironment } from '../testing.fixture.ts';
import { HeadWriter } from './head-writer.ts';

let w: AuditEnvironment;
let reader: Database;
const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
const signer = keyFileSigner(new Secret(String(pem)));
const never = new AbortController().signal;
let orgs = 0;

beforeAll(async () => {
  w = await openAuditEnvironment();
  reader = openDatabase({ url: urlFor('rcm_head_writer', w.url), applicationName: 'heads', role: 'rcm_head_writer' });
  writeFileSync(join(w.folder, 'writer.pem'), (await signer.publicKey(never)).pem);
});
afterAll(async () => {
  await reader.close();
  await w.close();
});

const metrics = createMetrics();
let now = 1_000_000;
const optionsFor = (...sinks: readonly HeadSink[]) =>
  ({ db: reader, signer, sinks, logger: createLogger({ name: 'audit', level: 'silent' }), metrics, deadlineMs: 60_000, now: () => now }) as const;
const writerTo = (...sinks: readonly HeadSink[]) => new HeadWriter(optionsFor(...sinks));
const told = async () => Object.values(await alarmsTold(metrics, 'audit-heads'));
const writtenAt = async (): Promise<string | undefined> => /rcm_audit_heads_written_seconds\{sink="file"\} (\d+)/.exec(await metrics.exposition())?.[1];
const newFile = (): string => join(w.folder, `heads-${(orgs += 1)}.ndjson`);
async function newOrg(events: number): Promise<string> {
  const id = `org-${(orgs += 1)}`;
  await w.organization(id);
  await w.append(id, events);
  return id;
}
const verified = (path: string) =>
  verifyAudit({ db: w.db, sources: [headsFrom(path)], keys: [keyOf(join(w.folder, 'writer.pem'))], orgIds: [], signal: never });

test('two writers of heads and four of events at once: every head holds, and nobody waits for another', async () => {
  const [org, file] = [await newOrg(1), newFile()];
  let appending = true;
  const heads = Promise.all(
    [writerTo(headFile(file)), writerTo(headFile(file))].map(async (writer) => {
      while (appending) expect((await writer.round(never)).sinks).toMatchObject([{ problem: null }]);
    }),
  );
  await Promise.all([1, 2, 3, 4].map(() => w.append(org, 15)));
  appending = false;
  await heads;
  expect((await writerTo(headFile(file)).round(never)).chains).toBeGreaterThan(0);
  const report = await verified(file);
  expect(report.json).toMatchObject({ ok: true, findings: [], notes: [] });
  expect(report.json).toMatchObject({ chains: expect.arrayContaining([expect.objectContaining({ org, events: 61, proven: 61 })]) });
});

test('a round reads past a writer of events whose transaction stays open, and holds none up', async () => {
  const org = await newOrg(2);
  await w.db.transaction({ tenant: org }, async (tx) => {
    await tx.$executeRaw`INSERT INTO audit_event (org_id, seq, at, actor, action, subject, reason, previous_hash, hash) VALUES (${org}, 0, now(), 'a', 'b', 'c', 'open', '', '')`;
    const file = newFile();
    await writerTo(headFile(file)).round(never);
    expect(linesIn(file).find((line) => line.includes(`"${org}"`))).toContain('"count":2,');
  });
});

test('a chain that has not grown is written once to each sink', async () => {
  await newOrg(1);
  const [file, later] = [newFile(), newFile()];
  const writer = writerTo(headFile(file));
  await writer.round(never);
  const before = linesIn(file).length;
  expect((await writer.round(never)).chains).toBe(0);
  expect(linesIn(file)).toHaveLength(before);
  await writerTo(headFile(later)).round(never);
  expect(linesIn(later)).toHaveLength(before);
});

test('a sink that is down keeps the other from nothing, is said, and is given the heads of the day when it is back', async () => {
  const org = await newOrg(3);
  const folder = join(w.folder, `gone-${(orgs += 1)}`);
  const [well, gone] = [newFile(), join(folder, 'heads.ndjson')];
  const writer = writerTo(headFile(well), headFile(gone));
  const round = await writer.round(never);
  expect(round.sinks).toEqual([
    { name: 'file', heads: linesIn(well).length, problem: null },
    { name: 'file', heads: 0, problem: expect.stringContaining('ENOENT') },
  ]);
  expect(await metrics.exposition()).toMatch(/rcm_audit_heads_failures_total\{sink="file"\} [1-9]/);
  mkdirSync(folder);
  await w.append(org, 1);
  expect((await writer.round(never)).sinks.map(({ problem }) => problem)).toEqual([null, null]);
  expect(linesIn(gone).find((line) => line.includes(`"${org}"`))).toContain('"count":4,');
  expect((await verified(gone)).complete).toBe(true);
});

test('a round that the key service ends in its middle keeps what was given, and the next one goes on from there', async () => {
  for (let made = 0; made < 230; made += 1) await newOrg(1);
  const file = newFile();
  let left = 210;
  const wearing: HeadSigner = {
    ...signer,
    sign: (text, signal) => (left-- > 0 ? signer.sign(text, signal) : Promise.reject(new Error('the key service ends'))),
  };
  const writer = new HeadWriter({ ...optionsFor(headFile(file)), signer: wearing });
  await expect(writer.round(never)).rejects.toThrow('the key service ends');
  expect(linesIn(file)).toHaveLength(200);
  left = 1_000;
  const { chains, sinks } = await writer.round(never);
  expect(sinks).toEqual([{ name: 'file', heads: chains, problem: null }]);
  const organizations = linesIn(file).map((line) => (JSON.parse(line) as { org: string }).org);
  expect([organizations.length, new Set(organizations).size]).toEqual([200 + chains, 200 + chains]);
});

test('nothing more is signed in a round once no sink takes anything', async () => {
  let signed = 0;
  const counting: HeadSigner = { ...signer, sign: (text, signal) => ((signed += 1), signer.sign(text, signal)) };
  const down: HeadSink = { ...headFile(newFile()), write: () => Promise.reject(new Error('down')) };
  const { chains } = await new HeadWriter({ ...optionsFor(down), signer: counting }).round(never);
  expect(chains).toBeGreaterThan(200);
  expect(signed).toBe(200);
});

test('a sink that never answers is given up after the deadline', async () => {
  await newOrg(1);
  const silent: HeadSink = { name: 'silent', write: () => new Promise(() => {}), close: () => {} };
  const [file, logger] = [newFile(), createLogger({ name: 'audit', level: 'silent' })];
  const writer = new HeadWriter({ db: reader, signer, sinks: [silent, headFile(file)], logger, metrics, deadlineMs: 1_000 });
  const { sinks } = await writer.round(never);
  expect(sinks[0]?.problem).toContain('took longer than 1000 ms');
  expect(linesIn(file).length).toBeGreaterThan(0);
});

test('a death between two sinks, or within a line, leaves what the next writer makes whole', async () => {
  const org = await newOrg(2);
  const [first, second] = [newFile(), newFile()];
  // All that was done before the death: the first sink has its lines, the last of them cut; the second has none.
  await writerTo(headFile(first)).round(never);
  truncateSync(first, readFileSync(first).length - 40);
  await w.append(org, 1);
  await writerTo(headFile(first), headFile(second)).round(never);
  for (const [file, notes] of [
    [first, 1],
    [second, 0],
  ] as const) {
    const { json } = await verified(file);
    expect(json).toMatchObject({ ok: true, findings: [], chains: expect.arrayContaining([expect.objectContaining({ org, proven: 3 })]) });
    expect((json as { notes: string[] }).notes).toHaveLength(notes);
  }
});

test('a line that is no head is not taken for one that was cut', async () => {
  await newOrg(1);
  const file = newFile();
  await writerTo(headFile(file)).round(never);
  appendFileSync(file, `${linesIn(file)[0]?.slice(0, 90)}\n`);
  expect((await verified(file)).json).toMatchObject({ ok: false, findings: [{ kind: 'head_damaged' }] });
});

test.each([
  ['cut', (org: string) => `DELETE FROM audit_event WHERE org_id = '${org}' AND seq > 2`, 'has 2 events'],
  ['deleted', (org: string) => `DELETE FROM audit_event WHERE org_id = '${org}'`, 'has 0 events'],
  ['rewritten at the signed event', (org: string) => `UPDATE audit_event SET hash = repeat('0', 64) WHERE org_id = '${org}' AND seq = 4`, 'another hash'],
])('a chain that was %s since this writer signed it is not signed again, and everybody hears of it', async (_, statement, said) => {
  const [org, other, file] = [await newOrg(4), await newOrg(1), newFile()];
  const writer = writerTo(headFile(file));
  await writer.round(never);
  const before = linesIn(file).filter((line) => line.includes(`"${org}"`));
  const wholeAt = await writtenAt();
  expect(wholeAt).toBe(String(now / 1_000));
  now += 60_000;
  await w.tamper(`CREATE TABLE kept AS SELECT * FROM audit_event WHERE org_id = '${org}'`, statement(org));
  await w.append(other, 1);
  const round = await writer.round(never);
  expect(round.contradictions).toEqual([{ orgId: org, count: 4, message: expect.stringContaining(said) }]);
  expect(await metrics.exposition()).toContain('rcm_audit_contradictions 1');
  expect(await told()).toEqual([['rcm-audit-contradicted'], ['rcm-audit-contradicted']]);
  now += 3_600_000;
  expect(await told()).toEqual([
    ['rcm-audit-heads-late', 'rcm-audit-contradicted'],
    ['rcm-audit-heads-late', 'rcm-audit-contradicted'],
  ]);
  expect(await writtenAt()).toBe(wholeAt);
  expect(linesIn(file).filter((line) => line.includes(`"${org}"`))).toEqual(before);
  expect(linesIn(file).filter((line) => line.includes(`"${other}"`))).toHaveLength(2);
  await w.tamper(`DELETE FROM audit_event WHERE org_id = '${org}'`, 'INSERT INTO audit_event SELECT * FROM kept', 'DROP TABLE kept');
  expect((await writer.round(never)).contradictions).toEqual([]);
  expect(await told()).toEqual([[], []]);
  expect(await writtenAt()).toBe(String(now / 1_000));
});
