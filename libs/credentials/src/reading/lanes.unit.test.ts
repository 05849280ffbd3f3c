import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lanes } from './lanes.ts';

interface Entry {
  readonly lane: string;
  readonly number: number;
  over: boolean;
}

describe('Lanes', () => {
  it('takes turns, so that a long lane holds up no short one', () => {
    const lanes = new Lanes<string>({ max: 100, isOver: () => false });
    for (let i = 0; i < 30; i += 1) lanes.add('long', `long ${i}`);
    lanes.add('short', 'short');
    expect(lanes.take(() => 10)).toHaveLength(10);
    expect(lanes.take(() => 10)).toEqual(['short']);
    expect(lanes.take(() => 10)[0]).toBe('long 10');
  });

  it('makes room of what is over before it refuses', () => {
    const given = [1, 2].map((number): Entry => ({ lane: 'a', number, over: false }));
    const lanes = new Lanes<Entry>({ max: 2, isOver: ({ over }) => over });
    for (const entry of given) expect(lanes.add('a', entry)).toBe(true);
    expect(lanes.add('a', { lane: 'a', number: 3, over: false })).toBe(false);
    if (given[0]) given[0].over = true;
    expect(lanes.add('b', { lane: 'b', number: 4, over: false })).toBe(true);
    expect(lanes.size).toBe(2);
  });

  it('gives out every entry that is not over exactly once, each lane in its order, and never mixes lanes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ lane: fc.constantFrom('a', 'b', 'c'), over: fc.boolean() }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 7 }),
        (given, max) => {
          const entries = given.map((entry, number): Entry => ({ ...entry, number }));
          const lanes = new Lanes<Entry>({ max: 100, isOver: ({ over }) => over });
          for (const entry of entries) lanes.add(entry.lane, entry);
          const out: Entry[] = [];
          for (let taken = lanes.take(() => max); taken.length > 0; taken = lanes.take(() => max)) {
            expect(new Set(taken.map(({ lane }) => lane)).size).toBe(1);
            expect(taken.length).toBeLessThanOrEqual(max);
            out.push(...taken);
          }
          expect(lanes.size).toBe(0);
          for (const lane of ['a', 'b', 'c'])
            expect(out.filter((entry) => entry.lane === lane)).toEqual(entries.filter((entry) => entry.lane === lane && !entry.over));
        },
      ),
    );
  });
});
