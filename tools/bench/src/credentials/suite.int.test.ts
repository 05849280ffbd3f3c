import { expect, test } from 'vitest';
import { coldStart } from './cold-start.ts';

test('a measurement runs to its end in its small size, and its lines have the one form', { timeout: 240_000 }, async () => {
  const results = await coldStart.run({ size: 'quick', progress: () => undefined, signal: new AbortController().signal });
  for (const { name, unit, target, ours, peers, met } of results) {
    expect([typeof name, typeof unit, typeof target, typeof ours, typeof met]).toEqual(['string', 'string', 'string', 'number', 'boolean']);
    expect(Object.keys(peers)).toEqual(['powertools', 'original']);
  }
  const figure = (text: string) => results.find(({ name }) => name.includes(text));
  expect(figure('simultaneous')).toMatchObject({ ours: 1, met: true });
  expect(figure('errors')).toMatchObject({ ours: 0, met: true });
});
