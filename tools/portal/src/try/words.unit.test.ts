import { describe, expect, it } from 'vitest';
import type { TryReport } from './report.ts';
import { describeReport } from './words.ts';

const empty: TryReport = {
  recipe: 'r',
  baseUrl: 'http://portal.test',
  steps: [],
  blocked: [],
  login: null,
  task: null,
  change: null,
  verification: null,
  savedTo: null,
  evidence: [],
  problem: null,
};
const file = { name: 'a.835', contentType: '', size: 3 };

describe('describeReport', () => {
  it('counts rows only where a task has rows to count', () => {
    expect(describeReport({ ...empty, task: { kind: 'found', rows: [], file } })).toBe('task: found\n  file a.835 (no type told, 3 bytes; not kept)\n');
    expect(describeReport({ ...empty, task: { kind: 'found', rows: [{ a: '1' }], file } })).toContain('task: found 1 row\n');
  });

  it('tells once of what was stopped many times', () => {
    const image = { origin: 'https://pictures.test', kind: 'image' };
    expect(describeReport({ ...empty, blocked: [image, image, { ...image, kind: 'script' }] }).split('\n')).toHaveLength(3);
  });

  it('does not blame the portal’s words where a step could not be done', () => {
    const login = { outcome: { kind: 'unknown', detail: 'press "Enter" took too long: something lies over it.' }, submitted: false } as const;
    expect(describeReport({ ...empty, login })).toMatch(/^login: unknown: it did not go as the recipe says.*something lies over it.*no attempt was spent/);
  });
});
