import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuditEnvironment, linesIn, openAuditEnvironment, standAlone } from './testing.fixture.ts';

let w: AuditEnvironment;
beforeAll(async () => {
  w = await openAuditEnvironment();
  await w.organization('hospital-1', 'hospital-2', 'hospital-3');
  await w.append('hospital-1', 12);
  await w.append('hospital-2', 5);
  expect((await w.headsWrite()).code).toBe(0);
  await w.append('hospital-1', 4);
  await w.append('hospital-3', 2);
  expect((await w.headsWrite()).code).toBe(0);
  await w.append('hospital-1', 3);
});
afterAll(() => w.close());

const alone = async () => standAlone(['--export', await w.export(), '--heads', w.headsFile, '--key', w.publicKey, '--json']);
const kindsOf = (stdout: string) =>
  (JSON.parse(stdout) as { findings: { kind: string; org: string | null }[] }).findings.map(({ kind, org }) => `${kind} ${org}`);

describe('a trail that nobody touched', () => {
  test('is proven up to the last head of each chain, by the database’s check and by the one file alone', async () => {
    const { code, report } = await w.verify();
    expect(report).toMatchObject({ ok: true, findings: [], events: 26, heads: 5 });
    expect(report.chains.map(({ org, events, proven }) => [org, events, proven])).toEqual([
      ['hospital-1', 19, 16],
      ['hospital-2', 5, 5],
      ['hospital-3', 2, 2],
    ]);
    expect(code).toBe(0);
    const ended = await alone();
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(ended.stdout)).toEqual({ ...report });
  });

  test('is read by the stand-alone file from a pipe, too, and for one organization', async () => {
    const lines = linesIn(await w.export()).filter((line) => line.includes('"hospital-2"'));
    const args = ['--export', '-', '--heads', w.headsFile, '--key', w.publicKey];
    expect((await standAlone([...args, '--org', 'hospital-2'], Buffer.from(lines.join('\n') + '\n'))).code).toBe(0);
    const whole = await standAlone(args, Buffer.from(lines.join('\n') + '\n'));
    expect(whole.code).toBe(1);
    expect(whole.stdout).toContain('WRONG hospital-1: The whole chain is missing');
  });

  test('is one for whoever asks the wrong way: 2, and what is missing', async () => {
    expect(await standAlone(['--export', 'x'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--heads') });
    expect(await standAlone(['--export', 'x', '--heads', 'y', '--key', join(w.folder, 'key.pem')])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('private key'),
    });
    expect(await standAlone(['--export', '/nowhere', '--heads', w.headsFile, '--key', w.publicKey])).toMatchObject({ code: 1 });
  });
});

/** Everything from `from` on is made anew with the database's own hash, as the trigger would have made it. */
const RECOMPUTE = (org: string) => `DO $$
  DECLARE e audit_event; p text := ''; n bigint := 0; BEGIN
    FOR e IN SELECT * FROM audit_event WHERE org_id = '${org}' ORDER BY seq LOOP
      n := n + 1;
      UPDATE audit_event SET seq = n, previous_hash = p, hash = rcm_audit_hash(p, e.org_id, n, e.at, e.actor, e.action, e.subject, e.reason, e.details)
       WHERE org_id = e.org_id AND seq = e.seq RETURNING hash INTO p;
    END LOOP; END $$`;

describe.each([
  ['cuts the tail of a chain', ["DELETE FROM audit_event WHERE org_id = 'hospital-1' AND seq > 15"], 'chain_cut hospital-1'],
  ['deletes a whole chain', ["DELETE FROM audit_event WHERE org_id = 'hospital-2'"], 'chain_missing hospital-2'],
  ['deletes every chain', ['DELETE FROM audit_event'], 'chain_missing hospital-1'],
  [
    'rewrites a chain with the database’s own hash: another actor',
    ["UPDATE audit_event SET actor = 'person:jane' WHERE org_id = 'hospital-1' AND seq = 7", RECOMPUTE('hospital-1')],
    'chain_rewritten hospital-1',
  ],
  [
    'rewrites a chain without one of its events',
    ["DELETE FROM audit_event WHERE org_id = 'hospital-1' AND seq = 2", RECOMPUTE('hospital-1')],
    'chain_rewritten hospital-1',
  ],
  [
    'rewrites the last proven event',
    ["UPDATE audit_event SET reason = 'else' WHERE org_id = 'hospital-1' AND seq = 16", RECOMPUTE('hospital-1')],
    'chain_rewritten hospital-1',
  ],
  ['changes an event', ["UPDATE audit_event SET actor = 'else' WHERE org_id = 'hospital-1' AND seq = 9"], 'event_changed hospital-1'],
  ['changes an event after the last head', ["UPDATE audit_event SET details = '{}' WHERE org_id = 'hospital-1' AND seq = 18"], 'event_changed hospital-1'],
  ['deletes an event', ["DELETE FROM audit_event WHERE org_id = 'hospital-1' AND seq = 3"], 'events_missing hospital-1'],
  [
    'puts one before the first',
    [
      "INSERT INTO audit_event SELECT org_id, 0, at, actor, action, subject, reason, details, '', hash FROM audit_event WHERE org_id = 'hospital-1' AND seq = 1",
    ],
    'event_changed hospital-1',
  ],
  ['writes a time that is none', ["UPDATE audit_event SET at = 'infinity' WHERE org_id = 'hospital-1' AND seq = 9"], 'event_changed hospital-1'],
  [
    'replaces the hash function',
    [
      "CREATE OR REPLACE FUNCTION rcm_audit_hash(previous_hash text, org_id text, seq bigint, at timestamptz, actor text, action text, subject text, reason text, details jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN repeat('0', 64)",
      "UPDATE audit_event SET actor = 'x', hash = repeat('0', 64) WHERE org_id = 'hospital-2' AND seq = 5",
    ],
    'event_changed hospital-2',
  ],
])('a superuser who %s', (_, statements, found) => {
  test('is found by `audit verify`, and in the export by the one file alone', async () => {
    const before = await w.export().then((path) => readFileSync(path));
    await w.tamper('CREATE TABLE kept AS SELECT * FROM audit_event', ...statements);
    try {
      const { code, report } = await w.verify();
      expect(report.findings.map(({ kind, org }) => `${kind} ${org}`)).toContain(found);
      expect(code).toBe(1);
      const ended = await alone();
      expect(kindsOf(ended.stdout)).toContain(found);
      expect(ended.code).toBe(1);
    } finally {
      await w.tamper('DELETE FROM audit_event', 'INSERT INTO audit_event SELECT * FROM kept', 'DROP TABLE kept');
    }
    writeFileSync(join(w.folder, 'before.ndjson'), before);
    expect(readFileSync(await w.export()).equals(before)).toBe(true);
  });
});

test('a rewritten chain that is signed again is found by what was signed before', async () => {
  await w.tamper(
    'CREATE TABLE kept AS SELECT * FROM audit_event',
    "UPDATE audit_event SET actor = 'else' WHERE org_id = 'hospital-2' AND seq = 2",
    RECOMPUTE('hospital-2'),
  );
  const heads = readFileSync(w.headsFile);
  expect((await w.headsWrite()).code).toBe(0);
  const { code, report } = await w.verify();
  await w.tamper('DELETE FROM audit_event', 'INSERT INTO audit_event SELECT * FROM kept', 'DROP TABLE kept');
  writeFileSync(w.headsFile, heads);
  expect(code).toBe(1);
  expect(report.findings.map(({ kind, org }) => `${kind} ${org}`)).toEqual(
    expect.arrayContaining(['heads_contradict hospital-2', 'chain_rewritten hospital-2']),
  );
});
