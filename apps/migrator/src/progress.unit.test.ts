import { describe, expect, it } from 'vitest';
import { createProgress } from './progress.ts';

function record(isTTY: boolean, msPerStep: number, total = 100): string {
  let [text, now] = ['', 0];
  const progress = createProgress({ stream: { isTTY, write: (part: string) => (text += part) }, what: 'apply', total, elapsed: () => now });
  for (let n = 0; n < total; n += 1) {
    now += msPerStep;
    progress.step(n >= total - 10 ? 1 : 0);
  }
  progress.end();
  return text;
}

describe('createProgress', () => {
  it('draws a bar over itself on a terminal', () => {
    const text = record(true, 50);
    expect(text.split('\r').at(-1)).toBe('apply    [##############################] 100/100 · 20.00/s · 1 failed\n');
    expect(text.match(/\n/g)).toHaveLength(1);
  });

  it('writes whole lines elsewhere, few of them', () => {
    const lines = record(false, 100).trimEnd().split('\n');
    expect(lines.at(-1)).toBe('apply: 100/100 · 10.00/s · 1 failed');
    expect(lines[1]).toBe('apply: 21/100 · 10.00/s · 8 s left · 0 failed');
    expect(lines.length).toBeLessThanOrEqual(7);
    expect(lines.every((line) => /^apply: \d+\/100 · /.test(line))).toBe(true);
  });

  it('says in minutes what takes minutes, and writes large counts so that they can be read', () => {
    expect(record(false, 340, 2_000).split('\n')[52]).toBe('apply: 313/2,000 · 2.94/s · 10 min left · 0 failed');
  });

  it('copes with nothing to do', () => {
    expect(record(true, 0, 0)).toContain('0/0');
  });
});
