import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { parse, stringify } from 'yaml';
import { readConfiguration } from './read-configuration.ts';

export const EXAMPLE = join(import.meta.dirname, '..', '..', 'example');
/** As YAML gives it: whatever a person may have written. */
export type Written = { [member: string]: Written } & Written[];

export let folder: string;
/** For as long as the tests of one file run: files share this module, so each of them asks for a folder of its own. */
export function withFolder(): void {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rcm-infra-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
}

/** The example with one thing changed; paths of portal types are those of the example. */
export function written(change: (yaml: Written) => void): string {
  const yaml = parse(readFileSync(join(EXAMPLE, 'infra.yaml'), 'utf8')) as Written;
  for (const environment of Object.values(yaml.environments ?? {}))
    environment.portalTypes = (environment.portalTypes as unknown as string[]).map((each) => join(EXAMPLE, each)) as unknown as Written;
  change(yaml);
  const file = join(folder, 'infra.yaml');
  writeFileSync(file, stringify(yaml));
  return file;
}

export const portalType = (name: string, text: string): Written => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return [file] as unknown as Written;
};
export const set =
  (path: string, value: unknown) =>
  (yaml: Written): void => {
    const members = path.split('.');
    const last = members.pop() ?? '';
    const parent = members.reduce((at, member) => at[member] as Written, yaml.environments as Written);
    parent[last] = value as Written;
  };

/** What is said of each wrong file: every line but the first and the last. */
export function problems(file: string): readonly string[] {
  try {
    readConfiguration(file);
    return [];
  } catch (error) {
    expect(error).toMatchObject({ code: 'config_invalid' });
    return (error as Error).message
      .split('\n')
      .slice(1, -1)
      .map((line) => line.trim());
  }
}
