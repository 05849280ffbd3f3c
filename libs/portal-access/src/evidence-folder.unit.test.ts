import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Evidence } from '@rcm/portal-drivers';
import { type Clock, createLogger, createMetrics, systemClock } from '@rcm/telemetry';
import { alarmsTold } from '@rcm/telemetry/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EvidenceFolder, type EvidenceFolderOptions, openEvidenceFolder } from './evidence-folder.ts';

const START = new Date('2026-11-25T11:07:23.123Z');
const HOUR_MS = 3_600_000;
const MIB = 1_048_576;
const owner = { orgId: 'hospital-one', endpointId: 'alpine-1', portalTypeCode: 'alpine' };
const shown: Evidence = {
  act: 'login',
  step: 'press "Sign in"',
  ended: 'unknown',
  address: 'https://portal/login',
  title: 'Sign in',
  text: 'Hello [secret]',
  outline: null,
  screenshot: new Uint8Array([137, 80, 78, 71]),
  noPicture: null,
};

let home: string;
let now: Date;
let metrics: ReturnType<typeof createMetrics>;
let warnings: object[];
const clock: Clock = { ...systemClock, now: () => now };

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'rcm-evidence-'));
  now = START;
  metrics = createMetrics();
  warnings = [];
});
afterEach(() => rm(home, { recursive: true }));

const at = () => join(home, 'evidence');
function open(more: Partial<EvidenceFolderOptions> = {}): EvidenceFolder {
  const logger = {
    ...createLogger({ name: 'test', level: 'silent' }),
    warn: (fields: object) => void warnings.push(fields),
  } as unknown as EvidenceFolderOptions['logger'];
  return openEvidenceFolder({ folder: at(), when: 'unclear', screenshots: true, keptMs: 72 * HOUR_MS, maxBytes: MIB, clock, logger, metrics, ...more });
}
const keep = (folder: EvidenceFolder, evidence: Partial<Evidence> = {}, whose = owner): void => void folder.policyFor(whose).keep({ ...shown, ...evidence });
const files = async () =>
  (await readdir(at(), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
const counted = async (line: string) => (await metrics.exposition()).split('\n').filter((text) => text.startsWith(line) && !text.endsWith(' 0'));
const told = async () => Object.values(await alarmsTold(metrics, 'web-agent'));

describe('evidence that is kept', () => {
  it('is one JSON without the picture and one PNG, in the organization’s folder, for this user alone', async () => {
    const folder = open();
    keep(folder);
    await folder.close();
    const name = '20261125T110723123Z-alpine-1-login-unknown';
    expect(await readdir(join(at(), 'hospital-one'))).toEqual([`${name}.json`, `${name}.png`]);
    const { screenshot, ...words } = shown;
    const json = await readFile(join(at(), 'hospital-one', `${name}.json`), 'utf8');
    expect(JSON.parse(json)).toEqual({ at: START.toISOString(), ...owner, ...words, screenshot: `${name}.png` });
    expect(await readFile(join(at(), 'hospital-one', `${name}.png`))).toEqual(Buffer.from(screenshot ?? []));
    const modes = await Promise.all(
      ['', 'hospital-one', `hospital-one/${name}.json`, `hospital-one/${name}.png`].map(async (path) => (await stat(join(at(), path))).mode & 0o777),
    );
    expect(modes).toEqual([0o700, 0o700, 0o600, 0o600]);
    expect(await counted('rcm_evidence_kept_total ')).toEqual(['rcm_evidence_kept_total 1']);
  });

  it('has nothing of a page in its names, and no way out of its folder', async () => {
    const folder = open();
    keep(folder, { act: 'task ../../Über/claim status', ended: '../x', screenshot: null });
    keep(folder, {}, { ...owner, orgId: '../other' });
    keep(folder, {}, { ...owner, endpointId: 'Alpine 1' });
    await folder.close();
    expect(await files()).toEqual(['20261125T110723123Z-alpine-1-task-ber-claim-status--x.json']);
    expect(await readdir(home)).toEqual(['evidence']);
    expect(await counted('rcm_evidence_failures_total{')).toEqual(['rcm_evidence_failures_total{work="keep"} 2']);
  });

  it('is all there where two processes keep the same act of the same millisecond', async () => {
    const folders = [open(), open()];
    for (let i = 0; i < 10; i += 1) for (const folder of folders) keep(folder, { text: String(i) });
    await Promise.all(folders.map((folder) => folder.close()));
    const names = await files();
    expect([names.filter((name) => name.endsWith('.json')).length, names.filter((name) => name.endsWith('.png')).length, names.length]).toEqual([20, 20, 40]);
    const texts = await Promise.all(
      names
        .filter((name) => name.endsWith('.json'))
        .map(async (name) => (JSON.parse(await readFile(join(at(), owner.orgId, name), 'utf8')) as { text: string }).text),
    );
    expect(texts.sort()).toEqual(Array.from({ length: 10 }, (_, i) => [String(i), String(i)]).flat());
  });
});

describe('the bounds of the folder', () => {
  it('removes at start what is older than it may be, and touches nothing else', async () => {
    const first = open();
    keep(first);
    await first.close();
    await writeFile(join(at(), owner.orgId, '20200101T000000000Z-alpine-1-login-unknown.json.part'), 'of a process that died');
    await writeFile(join(at(), owner.orgId, 'notes.txt'), 'somebody’s');
    await mkdir(join(at(), 'Not an organization'));
    await writeFile(join(at(), 'Not an organization', '20200101T000000000Z-alpine-1-login-unknown.json'), 'somebody’s');
    now = new Date(START.getTime() + 71 * HOUR_MS);
    await open().close();
    expect(await files()).toHaveLength(4);
    now = new Date(START.getTime() + 73 * HOUR_MS);
    await open().close();
    expect(await files()).toEqual(['20200101T000000000Z-alpine-1-login-unknown.json', 'notes.txt']);
  });

  it('lets the oldest go, picture and words together, before the folder grows beyond its bytes', async () => {
    // Seven acts do not fit, and the words of one alone would make room enough.
    const maxBytes = 108 * 1_024;
    const folder = open({ maxBytes });
    for (let i = 0; i < 12; i += 1) {
      now = new Date(START.getTime() + i * 1_000);
      keep(folder, { screenshot: new Uint8Array(12_000) });
    }
    await folder.close();
    const names = await files();
    const sizes = await Promise.all(names.map(async (name) => Math.ceil((await stat(join(at(), owner.orgId, name))).size / 4_096) * 4_096));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(maxBytes);
    expect(names.at(-1)).toContain('20261125T110734123Z');
    expect(names[0]).toContain('20261125T110729123Z');
    expect(names).toHaveLength(12);
  });

  it('says how full its folder is, and that is told of', async () => {
    const folder = open({ maxBytes: 20 * 4_096 });
    expect(await told()).toEqual([[], []]);
    // Two files of a block each.
    for (let i = 0; i < 9; i += 1) {
      keep(folder, {}, { ...owner, endpointId: `alpine-${i}` });
      await folder.close();
    }
    expect(await counted('rcm_evidence_full_percent')).toEqual(['rcm_evidence_full_percent 90']);
    expect(await told()).toEqual([['rcm-evidence-full'], ['rcm-evidence-full']]);
  });

  it('keeps nothing that is larger than the whole, and nothing that waits beyond its number', async () => {
    const small = open({ maxBytes: 8_192 });
    keep(small, { screenshot: new Uint8Array(9_000) });
    await small.close();
    expect(await files()).toEqual([]);
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const hung = open({ write: () => held });
    for (let i = 0; i < 40; i += 1) keep(hung);
    expect(await counted('rcm_evidence_failures_total{work="keep"}')).toEqual(['rcm_evidence_failures_total{work="keep"} 26']);
    release();
    await hung.close();
  });

  it('keeps what comes one after the other, however much it is in all', async () => {
    const folder = open();
    for (let i = 0; i < 20; i += 1) {
      keep(folder, { screenshot: null });
      await folder.close();
    }
    expect(await files()).toHaveLength(20);
  });
});

describe('a folder that fails', () => {
  const full = () => Promise.reject(Object.assign(new Error('no space left on hospital-one'), { code: 'ENOSPC' }));

  it('costs an act nothing, is logged once until it works again, and is counted each time', async () => {
    let isFull = true;
    const folder = open({
      write: async (path, content, options) => {
        // Half of it is written before there is no more room.
        await writeFile(path, isFull ? '{' : content, options);
        if (isFull) await full();
      },
    });
    for (let i = 0; i < 5; i += 1) expect(folder.policyFor(owner).keep(shown)).toBeUndefined();
    await folder.close();
    expect(warnings).toEqual([{ work: 'keep', code: 'ENOSPC' }]);
    expect(await counted('rcm_evidence_failures_total{')).toEqual(['rcm_evidence_failures_total{work="keep"} 5']);
    expect(await told()).toEqual([['rcm-evidence-lost'], ['rcm-evidence-lost']]);
    expect(await files()).toEqual([]);
    isFull = false;
    keep(folder);
    await folder.close();
    isFull = true;
    keep(folder);
    await folder.close();
    expect(warnings).toHaveLength(2);
    expect(await files()).toHaveLength(2);
  });

  it('leaves no words without their picture', async () => {
    const folder = open({ write: (path, content, options) => (path.includes('.png') ? full() : writeFile(path, content, options)) });
    keep(folder);
    await folder.close();
    expect(await files()).toEqual([]);
  });

  it('is a wrong configuration at start, in one line', async () => {
    await writeFile(join(home, 'file'), '');
    expect(() => open({ folder: join(home, 'file', 'below') })).toThrow(
      expect.objectContaining({ code: 'config_invalid', message: `RCM_EVIDENCE_DIR: ${home}/file/below cannot be used: ENOTDIR.` }),
    );
    await mkdir(at());
    await chmod(at(), 0o750);
    expect(() => open()).toThrow(expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining('it must have mode 700') }));
  });
});
