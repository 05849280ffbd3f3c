import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { standAlone } from './testing.fixture.ts';
import type { Report } from './verify-audit.mjs';

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'audit.md'), 'utf8');
let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'rcm-documented-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

test('the example of docs/audit.md is what the verifier takes, and no other', async () => {
  const events = page.match(/^\{"org_id".*\}$/gm) ?? [];
  const [head = ''] = /^\{"v".*\}$/m.exec(page) ?? [];
  const [pem = ''] = /-----BEGIN PUBLIC KEY-----[^]*-----END PUBLIC KEY-----/.exec(page) ?? [];
  expect(events).toHaveLength(2);
  const check = async (lines: readonly string[]) => {
    const args = [
      '--export',
      file('export', lines.map((line) => `${line}\n`).join('')),
      '--heads',
      file('heads', `${head}\n`),
      '--key',
      file('key.pem', pem),
      '--json',
    ];
    return JSON.parse((await standAlone(args)).stdout) as Report;
  };
  expect(await check(events)).toMatchObject({ ok: true, chains: [{ org: 'hospital-1', events: 2, proven: 2 }] });
  expect(await check(events.map((line) => line.replace('person:jane', 'person:joan')))).toMatchObject({ ok: false, findings: [{ kind: 'event_changed' }] });
});

test('docs/audit.md explains every finding of the verifier, and no other', () => {
  const source = readFileSync(join(import.meta.dirname, 'verify-audit.mjs'), 'utf8');
  const [, kinds = ''] = /@typedef \{('line_damaged'[^}]*)\} FindingKind/.exec(source) ?? [];
  const known = [...kinds.matchAll(/'([a-z_]+)'/g)].map(([, kind]) => kind);
  const explained = [...page.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, kind]) => kind);
  expect(known.length).toBeGreaterThan(10);
  expect(explained.sort()).toEqual(known.sort());
});
