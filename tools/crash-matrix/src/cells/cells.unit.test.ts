import { describe, expect, it } from 'vitest';
import { allCells } from './all.ts';
import { ANSWERS, UNTRUE_ANSWERS } from './answer.ts';
import { isToldApplied, productCells } from './cell.ts';
import { SCENARIOS, LOST } from './scenario.ts';
import { crossedCells } from './crossings.ts';
import { RECOVERY_ACTS, ROTATION_ACTS } from './crash-point.ts';
import { PORTALS } from './portal.ts';
import { circumstanceOf, fewestCells, quickCells } from './quick.ts';

const STORES = ['ssm', 'secrets-manager', 'vault'] as const;
const product = productCells(STORES);
const crossed = crossedCells(STORES);
const CIRCUMSTANCES = ['codes', 'one-text', 'cutting', 'late', 'lying', 'beside', 'stopped', 'outrun', 'forgetful'];

describe('the cells of the crash matrix', () => {
  it('are the whole product of act, before and after, store and answer, each once', () => {
    const once = new Set(product.filter(({ crashPoints }) => crashPoints.length === 1).map(({ name }) => name));
    for (const store of STORES)
      for (const answer of ANSWERS)
        for (const act of ROTATION_ACTS)
          for (const when of ['before', 'after'])
            expect(once.has(`${store} / ${answer} / ${when} ${act}`), `${store} / ${answer} / ${when} ${act}`).toBe(
              act !== 'journal:applied' || isToldApplied(answer),
            );
    expect(product.length).toBeGreaterThanOrEqual(300);
  });

  it('are those of the product and of the crossed circumstances, each once', () => {
    const names = allCells(STORES).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(names)).toEqual(new Set([...product, ...crossed].map(({ name }) => name)));
  });

  it('expect no refused login where the change was made and sent', () => {
    const made = product.filter(
      ({ answer, crashPoints }) => answer !== 'not-made' && !crashPoints.some(({ act, when }) => act === 'journal:submitting' && when === 'after'),
    );
    expect(made.every(({ expected }) => expected.rejectedAtMost === 0)).toBe(true);
  });

  it.each([
    ['quick', quickCells, 40],
    ['smallest', fewestCells, 22],
  ] as const)('come up in the %s choice by every act, store, answer and circumstance', (_, choose, most) => {
    const quick = choose(STORES);
    const seen = quick.flatMap(({ store, answer, crashPoints }) => [store, answer, ...crashPoints.map(({ act }) => act)]);
    for (const each of [...STORES, ...ANSWERS, ...ROTATION_ACTS, ...RECOVERY_ACTS]) expect(seen).toContain(each);
    expect(quick.map(circumstanceOf)).toEqual(expect.arrayContaining(CIRCUMSTANCES));
    expect(quick.length).toBeLessThan(most);
  });
});

describe('the crossed circumstances', () => {
  it('have each portal, each untrue answer, each scenario and each loss, and each of them at every store', () => {
    const seen = new Set(
      crossed.flatMap(({ portal, answer, scenario, loses, store }) => [portal, answer, scenario, loses].map((word) => `${word} at ${store}`)),
    );
    const words = [...PORTALS, ...UNTRUE_ANSWERS, ...SCENARIOS, ...LOST];
    expect(words.flatMap((word) => STORES.map((store) => `${word} at ${store}`)).filter((each) => !seen.has(each))).toEqual([]);
    expect(new Set(crossed.map(circumstanceOf))).toEqual(new Set(CIRCUMSTANCES));
  });

  it('stop a rotator before, in and after every write to every store', () => {
    const stops = crossed
      .filter(({ scenario }) => scenario === 'stopped')
      .map(({ store, crashPoints }) => `${store} ${crashPoints[0]?.when} ${crashPoints[0]?.act}`);
    for (const store of STORES) {
      for (const act of ['stage', 'promote', 'discard']) for (const when of ['before', 'after']) expect(stops).toContain(`${store} ${when} ${act}`);
      for (const act of ['promote', 'discard']) expect(stops).toContain(`${store} during ${act}`);
    }
  });
});
