import { quickStartOf } from '@rcm/test-services';
import { expect, test } from 'vitest';

test('the example in the README logs what may be logged, and nothing else', async () => {
  const { example } = (await quickStartOf(`${import.meta.dirname}/..`)) as { example: (lines: { write(line: string): void }) => Promise<string> };
  const lines: string[] = [];
  expect(await example({ write: (line) => void lines.push(line) })).toBe('[secret]');
  expect(lines.join('')).toContain('about to ask a portal');
  expect(lines.join('')).not.toMatch(/only-an-example|abc/);
});
