import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { compileCache } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createLogger, systemClock } from '@rcm/telemetry';
import { streamAudit } from './stream.ts';
import { audit, type AuditEnvironment, linesIn, openAuditEnvironment, standAlone } from '../testing.fixture.ts';

let testEnvironment: AuditEnvironment;
let [to, place]: string[] = [];
let files = 0;
beforeAll(async () => void (testEnvironment = await openAuditEnvironment()));
afterAll(() => testEnvironment.close());
beforeEach(async () => {
  [to, place] = [join(testEnvironment.folder, `trail-${(files += 1)}`), join(testEnvironment.folder, `place-${files}`)];
  await testEnvironment.organization('one', 'two');
  await testEnvironment.append('one', 3);
  await testEnvironment.append('two', 2);
});
afterEach(() => testEnvironment.tamper('DELETE FROM audit_event'));

const stream = (...args: string[]) =>
  audit(['stream', '--to', to ?? '', '--place', place ?? '', '--once', '--json', ...args], testEnvironment.environment('rcm_auditor'));
const sent = async (...args: string[]): Promise<unknown> => (JSON.parse((await stream(...args)).stdout) as { sent?: unknown }).sent;
const events = (path = to ?? '') => linesIn(path).map((line) => JSON.parse(line) as { org_id: string; seq: number });
const kept = () => readFileSync(place ?? '', 'utf8');

test('everything is sent once, and then what came since; what was sent is what the export is, and its verifier takes it', async () => {
  const first = await sent();
  expect(first).toBe(linesIn(to ?? '').length);
  expect(await sent()).toBe(0);
  await testEnvironment.append('two', 4);
  expect(await sent()).toBe(4);
  const inOrder = (lines: readonly string[]) =>
    lines.map((line) => JSON.parse(line) as { org_id: string; seq: number }).sort((a, b) => a.org_id.localeCompare(b.org_id) || a.seq - b.seq);
  expect(inOrder(linesIn(to ?? ''))).toEqual(inOrder(linesIn(await testEnvironment.export())));
  await testEnvironment.headsWrite();
  const sorted = join(testEnvironment.folder, `sorted-${files}`);
  writeFileSync(
    sorted,
    inOrder(linesIn(to ?? ''))
      .map((event) => `${JSON.stringify(event)}\n`)
      .join(''),
  );
  expect(await standAlone(['--export', sorted, '--heads', testEnvironment.headsFile, '--key', testEnvironment.publicKey])).toMatchObject({ code: 0 });
});

test('one that is to send all, and is stopped before it has, says so', async () => {
  const stop = new AbortController();
  let taken = 0;
  const take = (lines: readonly string[]): Promise<void> => {
    taken += lines.length;
    stop.abort();
    return Promise.resolve();
  };
  const run = (signal: AbortSignal) =>
    streamAudit({
      ...{ db: testEnvironment.db, logger: createLogger({ name: 'test', level: 'silent' }), clock: systemClock, placeFile: place ?? '', signal },
      ...{ destination: { name: 'kept', take }, orgIds: ['one', 'two'], format: 'ndjson', until: 'all is sent', deadlineMs: 60_000 },
    });
  const report = await run(stop.signal);
  expect(report).toMatchObject({ complete: false, json: { sent: taken, chains: 1, interrupted: true } });
  expect(report.lines.join()).toContain('Stopped before it was known that this is all; run it again.');
  expect(await run(new AbortController().signal)).toMatchObject({ complete: true, json: { chains: 2, interrupted: false } });
});

test('more than a batch is sent whole and in order; OCSF and one organization alone', async () => {
  await testEnvironment.tamper(`INSERT INTO audit_event (org_id, seq, at, actor, action, subject, reason, details, previous_hash, hash)
    SELECT 'one', m.seq + i, now(), 'a', 'noun.verb', 's', 'r', '{}', CASE i WHEN 1 THEN m.hash ELSE 'h' || i - 1 END, 'h' || i
      FROM (SELECT seq, hash FROM audit_event WHERE org_id = 'one' ORDER BY seq DESC LIMIT 1) m, generate_series(1, 1200) i`);
  await sent('--org', 'one', '--format', 'ocsf');
  const all = linesIn(to ?? '').map((line) => JSON.parse(line) as { class_uid: number; metadata: { tenant_uid: string; sequence: number } });
  expect(all.every(({ class_uid, metadata }) => class_uid === 6003 && metadata.tenant_uid === 'one')).toBe(true);
  const numbers = all.map(({ metadata }) => metadata.sequence);
  expect(numbers.length).toBeGreaterThan(1_200);
  expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i));
});

describe('a file', () => {
  test('that is moved away or cut meanwhile: the rest goes to a new one, and nothing is lost', async () => {
    await sent();
    renameSync(to ?? '', `${to}.1`);
    await testEnvironment.append('one', 2);
    expect(await sent()).toBe(2);
    expect([events().length, events(`${to}.1`).length > 0]).toEqual([2, true]);
    writeFileSync(to ?? '', '');
    await testEnvironment.append('one', 1);
    await sent();
    expect(events()).toMatchObject([{ org_id: 'one' }]);
  });

  test('whose last line a crash has cut: it is ended first, and the batch comes again whole', async () => {
    await sent();
    const before = kept();
    await testEnvironment.append('one', 2);
    await sent();
    // As if the process had died before it could keep its place, and the last line were cut.
    writeFileSync(place ?? '', before);
    const cut = readFileSync(to ?? '', 'utf8').slice(0, -20);
    writeFileSync(to ?? '', cut);
    expect(await sent()).toBe(2);
    const lines = linesIn(to ?? '');
    const readable = lines.filter((line) => line.endsWith('}'));
    expect(lines.length - readable.length).toBe(1);
    expect(new Set(readable.map((line) => line)).size).toBe(linesIn(await testEnvironment.export()).length);
  });

  test('that cannot be written: the place stays, one sentence, exit code 2', async () => {
    const { code, stderr } = await audit(
      ['stream', '--to', join(testEnvironment.folder, 'none', 'x'), '--place', place ?? '', '--once'],
      testEnvironment.environment('rcm_auditor'),
    );
    expect([code, stderr]).toEqual([2, expect.stringContaining('cannot be written (ENOENT)')]);
    expect(existsSync(place ?? '')).toBe(false);
  });
});

describe('a place that cannot be gone on from', () => {
  test.each<[string, string]>([
    ['fewer events, as after a restore', `DELETE FROM audit_event WHERE org_id = 'one' AND seq > 1`],
    ['other events under the same numbers', `UPDATE audit_event SET hash = 'other' WHERE org_id = 'one'`],
    ['no events any more', `DELETE FROM audit_event WHERE org_id = 'one'`],
    ['an event left out behind it', `DELETE FROM audit_event WHERE org_id = 'one' AND seq = (SELECT max(seq) - 1 FROM audit_event WHERE org_id = 'one')`],
  ])('%s: nothing is sent, the place stays, and one sentence says what to do', async (_what, tampering) => {
    await sent();
    const [before, lines] = [kept(), linesIn(to ?? '').length];
    if (tampering.includes('max(seq) - 1')) await testEnvironment.append('one', 2);
    await testEnvironment.tamper(tampering);
    const { code, stdout } = await stream();
    expect([code, JSON.parse(stdout)]).toMatchObject([
      1,
      { error: { code: 'state_conflict', message: expect.stringContaining('The audit trail of one does not go on from event') as string } },
    ]);
    expect([kept(), linesIn(to ?? '').length]).toEqual([before, lines]);
  });

  test.each([
    ['damaged', (path: string) => appendFileSync(path, 'x')],
    ['another destination’s', (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replace('file:', 'tls:'))],
  ])('%s: it is said, and stays as it is', async (_what, change) => {
    await sent();
    change(place ?? '');
    const before = kept();
    expect(await stream()).toMatchObject({ code: 2, stdout: expect.stringContaining('config_invalid') as string });
    expect(kept()).toBe(before);
  });
});

describe('in a process of its own', () => {
  const run = () => {
    const child = spawn(
      process.execPath,
      ['--disable-sigusr1', join(import.meta.dirname, '..', 'main.ts'), 'stream', '--to', to ?? '', '--place', place ?? ''],
      {
        env: { ...compileCache(), PATH: process.env.PATH, RCM_ALLOW_ROOT: 'yes', ...testEnvironment.environment('rcm_auditor') },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    const end = once(child, 'exit').then(([code, signal]) => (code as number | null) ?? String(signal));
    return { child, end };
  };
  const until = async (holds: () => boolean, { child }: ReturnType<typeof run>): Promise<void> => {
    while (!holds() && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const count = () => (existsSync(to ?? '') ? linesIn(to ?? '').length : 0);

  test('it follows, ends at SIGTERM with its place kept, and is gone on from, also after a SIGKILL', async () => {
    const first = run();
    await until(() => count() > 0 && existsSync(place ?? ''), first);
    const before = count();
    await testEnvironment.append('one', 3);
    await until(() => count() >= before + 3, first);
    first.child.kill('SIGTERM');
    expect(await first.end).toBe(0);
    await testEnvironment.append('two', 3);
    const second = run();
    await until(() => count() >= before + 6, second);
    second.child.kill('SIGKILL');
    await second.end;
    await sent();
    expect(new Set(linesIn(to ?? '')).size).toBe(linesIn(await testEnvironment.export()).length);
  });
});

test('syslog is given each event as a message; while it is away the place stays', async () => {
  const path = join(testEnvironment.folder, `syslog-${files}`);
  const syslog = (...args: string[]) =>
    audit(['stream', '--to', `unix:${path}`, '--place', place ?? '', '--once', '--json', ...args], testEnvironment.environment('rcm_auditor'));
  expect(await syslog()).toMatchObject({ code: 1, stdout: expect.stringContaining('audit_unavailable') as string });
  expect(existsSync(place ?? '')).toBe(false);
  let taken = '';
  const server = createServer(
    { allowHalfOpen: true },
    (socket: Socket) => void socket.on('data', (chunk: Buffer) => (taken += chunk.toString())).on('end', () => socket.end()),
  );
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(path, resolve));
  expect(await syslog()).toMatchObject({ code: 0 });
  const messages = [...taken.matchAll(/<109>1 \S+ \S+ rcm-audit \d+ event - (\{[^]*?"hash":"[^"]*"\})/g)].map(([, text]) => text);
  expect(messages.sort()).toEqual(linesIn(await testEnvironment.export()).sort());
  expect(await audit(['stream', '--to', 'udp://logs.example:514', '--place', place ?? '', '--once'], testEnvironment.environment('rcm_auditor'))).toMatchObject(
    {
      code: 2,
    },
  );
});
