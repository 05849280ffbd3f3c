import { describe, expect, it } from 'vitest';
import { createProgress } from './progress.ts';

function record(isTTY: boolean, msPerStep: number, total = 100): string {
  let [text, now] = ['', 0];
  const progress = createProgress({ stream: { isTTY, write: (part: string) => (text += part) }, what: 'apply', total, elapsed: () => now });
  for (let n = 0; n < total; n += 1) {
    now += msPerStep;
    progress.step();
  }
  progress.end();
  return text;
}

describe('createProgress', () => {
  it('draws a bar over itself on a terminal', () => {
    const text = record(true, 50);
    expect(text.split('\r').at(-1)).toBe('apply    [##############################] 100/100\n');
    expect(text.match(/\n/g)).toHaveLength(1);
  });

  it('writes whole lines elsewhere, few of them', () => {
    const lines = record(false, 100).trimEnd().split('\n');
    expect(lines.at(-1)).toBe('apply: 100 of 100');
    expect(lines.length).toBeLessThanOrEqual(7);
    expect(lines.every((line) => /^apply: \d+ of 100$/.test(line))).toBe(true);
  });

  it('copes with nothing to do', () => {
    expect(record(true, 0, 0)).toContain('0/0');
  });
});
