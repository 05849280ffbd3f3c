import { describe, expect, it } from 'vitest';
import { ANSWERS } from './answer.ts';
import { allCells, isToldApplied } from './cell.ts';
import { ROTATION_ACTS } from './moment.ts';
import { quickCells } from './quick.ts';

const STORES = ['ssm', 'secrets-manager', 'vault'] as const;
const cells = allCells(STORES);

describe('the cells of the crash matrix', () => {
  it('are the whole product of act, before and after, store and answer, each once', () => {
    const once = new Set(cells.filter(({ strikes }) => strikes.length === 1).map(({ name }) => name));
    for (const store of STORES)
      for (const answer of ANSWERS)
        for (const act of ROTATION_ACTS)
          for (const when of ['before', 'after'])
            expect(once.has(`${store} / ${answer} / ${when} ${act}`), `${store} / ${answer} / ${when} ${act}`).toBe(
              act !== 'journal:applied' || isToldApplied(answer),
            );
    expect(new Set(cells.map(({ name }) => name)).size).toBe(cells.length);
    expect(cells.length).toBeGreaterThanOrEqual(300);
  });

  it('expect no refused login where the change was made and sent', () => {
    const made = cells.filter(
      ({ answer, strikes }) => answer !== 'not-made' && !strikes.some(({ act, when }) => act === 'journal:submitting' && when === 'after'),
    );
    expect(made.every(({ expected }) => expected.rejectedAtMost === 0)).toBe(true);
  });

  it('come up in the quick choice by every act, store and answer', () => {
    const quick = quickCells(STORES);
    const seen = quick.flatMap(({ store, answer, strikes }) => [store, answer, ...strikes.map(({ act }) => act)]);
    for (const each of [...STORES, ...ANSWERS, ...ROTATION_ACTS]) expect(seen).toContain(each);
    expect(quick.length).toBeLessThan(40);
  });
});
