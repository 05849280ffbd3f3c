import { ascii, type Published } from './published-rules.fixture.ts';

/**
 * Why no password can satisfy the rules, decided by covering the required sets with as few characters as possible; `null` where
 * one can. A space is not counted: the generator never uses one that was not listed by hand, and the rule sets list none.
 */
export function contradiction(spec: Published): string | null {
  if (spec.min > spec.max) return 'minlength above maxlength';
  const alphabet = [...(spec.permitted ?? ascii)].filter((c) => c !== ' ');
  const starts = alphabet.filter((c) => spec.start === null || spec.start.has(c));
  if (starts.length === 0) return 'nothing permitted may start';
  if (alphabet.length === 1 && spec.run < spec.min) return 'one character cannot avoid a run';
  const covers = (c: string): number => spec.required.reduce((bits, set, index) => bits | (set.has(c) ? 1 << index : 0), 0);
  if (spec.counted.length > 0) return countedContradiction(spec, alphabet, starts);
  const all = 2 ** spec.required.length - 1;
  let reached = new Set(starts.map(covers));
  for (let length = 1; length <= Math.min(spec.max, spec.required.length + 1); length += 1) {
    if (reached.has(all)) return null;
    reached = new Set([...reached].flatMap((bits) => alphabet.map((c) => bits | covers(c))));
  }
  return 'more required sets than characters';
}

/**
 * With counts, a run can be in the way: `at-least: 3 [x]` in three places where no character comes three times. Walks every password that is not yet
 * judged by two representatives of each group of characters that all sets treat alike: where one of two is not enough, a third is no help.
 */
function countedContradiction(spec: Published, alphabet: readonly string[], starts: readonly string[]): string | null {
  const demands = [...spec.required.map((of) => ({ of, many: 1 })), ...spec.counted];
  const groupOf = (c: string): string => [...demands.map(({ of }) => of.has(c)), starts.includes(c)].join();
  const some = [...Map.groupBy(alphabet, groupOf).values()].flatMap((group) => group.slice(0, 2));
  const add = (held: readonly number[], c: string): number[] => held.map((n, i) => Math.min(n + Number(demands[i]?.of.has(c)), demands[i]?.many ?? 0));
  const done = (held: readonly number[]): boolean => held.every((n, i) => n === demands[i]?.many);
  interface Step {
    readonly held: readonly number[];
    readonly last: string;
    readonly run: number;
  }
  const distinct = (steps: readonly Step[]): Step[] => [...new Map(steps.map((step) => [`${step.held.join()} ${step.last} ${step.run}`, step])).values()];
  const none = demands.map(() => 0);
  let steps = distinct(some.filter((c) => starts.includes(c)).map((c) => ({ held: add(none, c), last: c, run: 1 })));
  for (let length = 1; length <= spec.max; length += 1) {
    // What satisfies them may go on to any length: two characters that take turns never make a run.
    if (steps.some(({ held }) => done(held)) && (length >= spec.min || alphabet.length > 1)) return null;
    steps = distinct(
      steps.flatMap(({ held, last, run }) =>
        some.filter((c) => c !== last || run < spec.run).map((c) => ({ held: add(held, c), last: c, run: c === last ? run + 1 : 1 })),
      ),
    );
  }
  return 'more required sets than characters';
}
