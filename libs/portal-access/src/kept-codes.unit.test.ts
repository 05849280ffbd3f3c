import { type Clock, Secret } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { KeptCodes } from './kept-codes.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 10, 29, 12);

/** A clock that stands until it is moved. */
function stoppedClock(): Clock & { advance(ms: number): void } {
  let now = START_MS;
  return { now: () => new Date(now), elapsed: () => now, sleep: () => Promise.resolve(), advance: (ms) => void (now += ms) };
}
const code = (text: string, forMs = HOUR_MS) => ({ code: new Secret(text), since: new Date(START_MS), endsAt: new Date(START_MS + forMs) });
const shown = (kept: ReturnType<KeptCodes['find']>) => kept?.code.reveal() ?? null;

describe('codes that are kept', () => {
  it('are found under the name of their login, again and again, and under no other', () => {
    const kept = new KeptCodes({ clock: stoppedClock() });
    kept.keep('anna', code('1111'));
    kept.keep('ben', code('2222'));
    expect([shown(kept.find('anna')), shown(kept.find('anna')), shown(kept.find('ben')), kept.find('carl')]).toEqual(['1111', '1111', '2222', null]);
  });

  it('are kept no longer than they are good, and typed no more shortly before', () => {
    const clock = stoppedClock();
    const kept = new KeptCodes({ clock });
    kept.keep('anna', code('1111'));
    clock.advance(HOUR_MS - 300_001);
    expect(shown(kept.find('anna'))).toBe('1111');
    clock.advance(1);
    expect([kept.find('anna'), kept.size]).toEqual([null, 0]);
    kept.keep('anna', code('1111'));
    expect(kept.size).toBe(0);
  });

  it('go by themselves, when nobody asks for them', async () => {
    const kept = new KeptCodes({ clock: stoppedClock() });
    kept.keep('anna', code('1111', 300_001));
    expect(kept.size).toBe(1);
    while (kept.size > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  });

  it('give way to a newer one of their login, also one that is not kept', () => {
    const kept = new KeptCodes({ clock: stoppedClock() });
    kept.keep('anna', code('1111'));
    kept.keep('anna', code('2222'));
    expect([shown(kept.find('anna')), kept.size]).toEqual(['2222', 1]);
    kept.keep('anna', code('3333', 0));
    expect(kept.size).toBe(0);
    kept.keep('anna', code('4444'));
    kept.drop('anna');
    expect([kept.find('anna'), kept.size]).toEqual([null, 0]);
  });

  it('are no more than so many: the one that was typed longest ago goes', () => {
    const kept = new KeptCodes({ clock: stoppedClock(), most: 2 });
    kept.keep('anna', code('1111'));
    kept.keep('ben', code('2222'));
    kept.find('anna');
    kept.keep('carl', code('3333'));
    expect([shown(kept.find('anna')), kept.find('ben'), shown(kept.find('carl')), kept.size]).toEqual(['1111', null, '3333', 2]);
  });

  it('print nothing of themselves', () => {
    const kept = new KeptCodes({ clock: stoppedClock() });
    kept.keep('anna', code('1111'));
    expect(JSON.stringify([kept, kept.find('anna')])).not.toContain('1111');
  });
});
