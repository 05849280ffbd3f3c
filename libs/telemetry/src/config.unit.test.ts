import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readConfig } from './config.ts';
import { isRcmError } from './error.ts';

const CANARY = 'canary-7f3';
const folder = mkdtempSync(join(tmpdir(), 'rcm-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, text: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const schema = z.object({
  RCM_NAME: z.string().min(3),
  RCM_KEY: z.string().min(5),
  RCM_RATE: z.coerce.number().int().positive().default(3),
  RCM_STORE: z.enum(['ssm', 'secrets-manager']).default('ssm'),
  RCM_URL: z.url().optional(),
  AWS_SHARED_CREDENTIALS_FILE: z.string().optional(),
});

const problemsOf = (read: () => unknown): string[] => {
  try {
    read();
  } catch (error) {
    if (isRcmError(error) && error.code === 'config_invalid') return error.message.split('\n').slice(1);
    throw error;
  }
  return [];
};

describe('readConfig', () => {
  it('gives the parsed values with their defaults', () => {
    expect(readConfig(schema, { RCM_NAME: 'agent', RCM_KEY: 'abcde', RCM_RATE: '7', OTHER: 'x' })).toEqual({
      RCM_NAME: 'agent',
      RCM_KEY: 'abcde',
      RCM_RATE: 7,
      RCM_STORE: 'ssm',
    });
  });

  it('takes a value from the file that NAME_FILE names, without the newline at its end', () => {
    for (const ending of ['', '\n', '\r\n']) {
      expect(readConfig(schema, { RCM_NAME: 'agent', RCM_KEY_FILE: file('key', `a secret key ${ending}`) }).RCM_KEY).toBe('a secret key ');
    }
  });

  it('leaves a _FILE name alone that the schema asks for itself, or that is not ours', () => {
    const parsed = readConfig(schema, { RCM_NAME: 'agent', RCM_KEY: 'abcde', AWS_SHARED_CREDENTIALS_FILE: '/x/credentials', RCM_ELSEWHERE_FILE: '/nowhere' });
    expect(parsed.AWS_SHARED_CREDENTIALS_FILE).toBe('/x/credentials');
    expect(readConfig(z.object({ RCM_DATA_FILE: z.string() }), { RCM_DATA_FILE: '/x/data' }).RCM_DATA_FILE).toBe('/x/data');
  });

  it('treats an empty variable as unset', () => {
    expect(readConfig(schema, { RCM_NAME: 'agent', RCM_KEY: 'abcde', RCM_RATE: '', RCM_URL: '' }).RCM_RATE).toBe(3);
    expect(problemsOf(() => readConfig(schema, { RCM_NAME: '', RCM_KEY: 'abcde' }))).toEqual(['  RCM_NAME: is not set']);
  });

  it('reports every problem on a line of its own', () => {
    const problems = problemsOf(() => readConfig(schema, { RCM_RATE: '-1', RCM_STORE: CANARY, RCM_URL: CANARY, RCM_KEY: 'x' }));
    expect(problems.map((line) => line.split(':')[0]?.trim()).sort()).toEqual(['RCM_KEY', 'RCM_NAME', 'RCM_RATE', 'RCM_STORE', 'RCM_URL']);
  });

  it('says where each variable is explained, and names one of several values by its variable', () => {
    const list = z.object({
      RCM_LIST: z
        .string()
        .transform((text) => text.split(','))
        .pipe(z.array(z.enum(['a', 'b'], 'must be of a, b'))),
    });
    expect(() => readConfig(list, { RCM_LIST: 'a,c' })).toThrow(/docs\/configuration\.md:\n {2}RCM_LIST: must be of a, b$/);
  });

  it('refuses what is not UTF-8, by its name and not by its content', () => {
    const [latin, utf16, cut] = [
      Buffer.from(`${CANARY}\u00e9`, 'latin1'),
      Buffer.from(`\ufeff${CANARY}`, 'utf16le'),
      Buffer.from(`${CANARY}\u20ac`).subarray(0, -1),
    ];
    for (const damaged of [latin, utf16, cut]) {
      const problems = problemsOf(() => readConfig(schema, { RCM_NAME: 'agent', RCM_KEY_FILE: file('damaged', damaged) }));
      expect(problems).toEqual(['  RCM_KEY: the file that RCM_KEY_FILE names is not UTF-8']);
    }
    expect(problemsOf(() => readConfig(schema, { RCM_NAME: 'agent', RCM_KEY: `${CANARY}\ufffd`, OTHER: '\ufffd' }))).toEqual(['  RCM_KEY: is not UTF-8']);
    expect(readConfig(schema, { RCM_NAME: 'agent', RCM_KEY_FILE: file('key', 'p\u00e4ssw\u00f6rd\u20ac') }).RCM_KEY).toBe('p\u00e4ssw\u00f6rd\u20ac');
  });

  it('says what is wrong with a file, once', () => {
    const problems = problemsOf(() => readConfig(schema, { RCM_NAME_FILE: join(folder, 'absent'), RCM_KEY_FILE: file('empty', '\n') }));
    expect(problems).toEqual(['  RCM_NAME: the file that RCM_NAME_FILE names cannot be read (ENOENT)', '  RCM_KEY: the file that RCM_KEY_FILE names is empty']);
    expect(problemsOf(() => readConfig(schema, { RCM_NAME: 'agent', RCM_KEY: 'abcde', RCM_KEY_FILE: file('key', 'abcde') }))).toEqual([
      '  RCM_KEY: is set, and RCM_KEY_FILE too; only one may be',
    ]);
  });

  it('never repeats a value, not even one that a transform chokes on', () => {
    const strict = z.object({
      RCM_A: z.enum(['a']),
      RCM_B: z.coerce.number(),
      RCM_C: z.string().regex(/^a$/),
      RCM_D: z.url(),
      RCM_E: z.string().max(2),
      RCM_F: z.union([z.literal('x'), z.literal('y')]),
    });
    const bad = Object.fromEntries(['A', 'B', 'C', 'D', 'E', 'F'].map((letter) => [`RCM_${letter}`, CANARY]));
    const problems = problemsOf(() => readConfig(strict, bad));
    expect(problems).toHaveLength(6);
    const throwing = problemsOf(() => readConfig(z.object({ RCM_A: z.string().transform((text) => JSON.parse(text) as unknown) }), { RCM_A: CANARY }));
    expect(throwing).toHaveLength(1);
    expect([...problems, ...throwing].join('\n')).not.toContain(CANARY);
  });
});
