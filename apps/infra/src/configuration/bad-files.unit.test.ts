import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, explain, isRcmError } from '@rcm/telemetry';
import { faultsOfRefusal, noDocuments, part, spoiled } from '@rcm/test-services';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { readConfiguration } from './read-configuration.ts';

const EXAMPLE = join(import.meta.dirname, '..', '..', 'example');
interface Written {
  readonly environments: Record<string, { portalTypes: string[] }>;
}

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'bad-infra-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const good = parse(readFileSync(join(EXAMPLE, 'infra.yaml'), 'utf8')) as Written;
for (const environment of Object.values(good.environments)) environment.portalTypes = environment.portalTypes.map((each) => join(EXAMPLE, each));

/** As a person is told of it. */
const told = (error: unknown): unknown =>
  isRcmError(error) ? { name: 'RcmError', code: error.code, message: explain(error, createLogger({ name: 'test' })).sentence } : error;

function refusalOf(text: string): unknown {
  const file = join(folder, 'infra.yaml');
  writeFileSync(file, text);
  try {
    return void readConfiguration(file);
  } catch (error) {
    return told(error);
  }
}

it('the example is read', () => expect(refusalOf(stringify(good))).toBeUndefined());

it('whatever is wrong in infra.yaml is refused by its name, in words of ours', () => {
  const faults: string[] = [];
  // JSON is YAML.
  for (const one of part(spoiled(good), 23))
    for (const fault of faultsOfRefusal(refusalOf(JSON.stringify(one.value)), one)) faults.push(`${one.what} ${fault}`);
  for (const text of noDocuments(JSON.stringify(good))) {
    const refusal = refusalOf(text);
    expect([text.slice(0, 50), refusal]).toEqual([text.slice(0, 50), expect.anything()]);
    faults.push(...faultsOfRefusal(refusal, { names: [] }).map((fault) => `${text.slice(0, 50)} ${fault}`));
  }
  expect(faults).toEqual([]);
});
