import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, explain, isRcmError } from '@rcm/telemetry';
import { faultsOfRefusal, noDocuments, spoiled } from '@rcm/test-services';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readMapping } from './mapping.ts';

const GOOD = {
  ...{ source: 'crm', table: 'public.portal_logins', only: { kind: ['payer'] } },
  hospital: { id: 'hospital_id', name: 'title', prefix: 'h-', table: 'public.hospitals', key: 'id', ids: { '17': 'mercy' } },
  firm: { id: 'firm_id', name: 'title', prefix: 'f-', table: 'public.firms', key: 'id', ids: { '3': 'firm-1' } },
  endpoint: { id: 'id', prefix: 'e-', account: 'login', base_url: 'url', changed: 'updated_at' },
  credentials: { columns: { username: 'login', password: 'secret' } },
  config: { note: 'note' },
  portal_types: { 'https://alpine.example/': 'alpine' },
};

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'bad-mappings-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As a person is told of it. */
const told = (error: unknown): unknown =>
  isRcmError(error) ? { name: 'RcmError', code: error.code, message: explain(error, createLogger({ name: 'test' })).sentence } : error;

function refusalOf(text: string): unknown {
  const file = join(folder, 'mapping.json');
  writeFileSync(file, text);
  try {
    return void readMapping(file);
  } catch (error) {
    return told(error);
  }
}

it('a good one is read', () => expect(refusalOf(JSON.stringify(GOOD))).toBeUndefined());

it('whatever is wrong in a mapping is refused by its name, in words of ours', () => {
  const faults: string[] = [];
  for (const one of spoiled(GOOD)) for (const fault of faultsOfRefusal(refusalOf(JSON.stringify(one.value)), one)) faults.push(`${one.what} ${fault}`);
  for (const text of noDocuments(JSON.stringify(GOOD))) {
    const refusal = refusalOf(text);
    expect([text.slice(0, 50), refusal]).toEqual([text.slice(0, 50), expect.anything()]);
    faults.push(...faultsOfRefusal(refusal, { names: [] }).map((fault) => `${text.slice(0, 50)} ${fault}`));
  }
  expect(faults).toEqual([]);
});
