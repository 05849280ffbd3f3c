import type { PasswordRules } from './rule-set.ts';
import { type RandomBytes, uniformBelow } from './uniform.ts';

/** Characters that the rules cannot tell apart: in the same required sets, and alike as a first character. */
interface Kind {
  readonly index: number;
  readonly characters: string;
  /** For each required set, whether such a character is in it. */
  readonly isIn: readonly boolean[];
  readonly mayStart: boolean;
}

/** The character that must not come next, and its kind. */
interface Last {
  readonly kind: Kind;
  readonly character: string;
}

/**
 * All passwords of one length that satisfy the rules, counted exactly and numbered, so that one can be drawn with each equally likely.
 * Trying at random until one fits would not end for narrow rules; filling in what is missing afterwards would favour some.
 *
 * A password is taken as runs of one character each, and a run is chosen as a whole: to count places within a run as well took 3.5 GB
 * for 128 places, eight required sets and runs of up to 100.
 */
export class PasswordSpace {
  readonly #length: number;
  readonly #kinds: readonly Kind[];
  readonly #demands: Demands;
  /** The longest run; `null` where no run can be too long, and each character is chosen for itself. */
  readonly #maxRun: number | null;
  readonly #anything = new Map<number, bigint>();
  readonly #beginning = new Map<number, bigint>();

  constructor(rules: PasswordRules, length: number) {
    this.#length = length;
    this.#maxRun = rules.maxConsecutive !== null && rules.maxConsecutive < length ? rules.maxConsecutive : null;
    this.#kinds = kindsOf(rules);
    this.#demands = new Demands(
      rules.required.map(({ atLeast }) => atLeast),
      this.#kinds,
    );
  }

  /** How many there are. */
  get size(): bigint {
    return this.#starts.reduce(
      (sum, kind) => sum + BigInt(kind.characters.length) * this.#countBeginning(this.#length, this.#demands.after(0, kind), kind),
      0n,
    );
  }

  /** One random number for the whole password: which of all it is. */
  draw(random: RandomBytes): string {
    let number = uniformBelow(this.size, random);
    let [password, left, satisfied] = ['', this.#length, 0];
    for (let last: Last | null = null; left > 0;) {
      const [kind, rest]: readonly [Kind, bigint] = this.#kindAt(number, left, satisfied, last);
      satisfied = this.#demands.after(satisfied, kind);
      const each = this.#countBeginning(left, satisfied, kind);
      const character: string = choicesOf(kind, last)[Number(rest / each)] ?? '';
      const [run, remainder] = this.#runAt(rest % each, left, satisfied, kind);
      password += character.repeat(run);
      satisfied = this.#demands.after(satisfied, kind, run - 1);
      number = remainder;
      left -= run;
      last = this.#maxRun === null ? null : { kind, character };
    }
    return password;
  }

  get #starts(): readonly Kind[] {
    return this.#kinds.filter(({ mayStart }) => mayStart);
  }

  /** Of which kind the next character is in the password of this number, and its number among those. */
  #kindAt(number: bigint, left: number, satisfied: number, last: Last | null): readonly [Kind, bigint] {
    let rest = number;
    for (const kind of left === this.#length ? this.#starts : this.#kinds) {
      const count = BigInt(choicesOf(kind, last).length) * this.#countBeginning(left, this.#demands.after(satisfied, kind), kind);
      if (rest < count) return [kind, rest];
      rest -= count;
    }
    throw outside();
  }

  /** How long the run is that begins here, and the number among those that have it as long. */
  #runAt(number: bigint, left: number, satisfied: number, kind: Kind): readonly [number, bigint] {
    if (this.#maxRun === null) return [1, number];
    let rest = number;
    for (let run = 1; run <= Math.min(this.#maxRun, left); run += 1) {
      const count = this.#countAfter(left - run, this.#demands.after(satisfied, kind, run - 1), kind);
      if (rest < count) return [run, rest];
      rest -= count;
    }
    throw outside();
  }

  /** Ways to fill `left` places, whatever the first character. */
  #countAnything(left: number, satisfied: number): bigint {
    if (left === 0) return BigInt(satisfied === this.#demands.all);
    return remembered(this.#anything, left * this.#demands.states + satisfied, () =>
      this.#kinds.reduce((sum, kind) => sum + BigInt(kind.characters.length) * this.#countBeginning(left, this.#demands.after(satisfied, kind), kind), 0n),
    );
  }

  /** Ways to fill `left` places beginning with one character of this kind, which `satisfied` counts already. */
  #countBeginning(left: number, satisfied: number, kind: Kind): bigint {
    if (left === 0) return 0n;
    const maxRun = this.#maxRun;
    if (maxRun === null) return this.#countAnything(left - 1, satisfied);
    // The sum of what comes after runs of 1, 2, … maxRun: that of one place less, with its newest part and without its oldest.
    return remembered(this.#beginning, (left * this.#demands.states + satisfied) * 128 + kind.index, () => {
      const tooLong = left > maxRun ? this.#countAfter(left - 1 - maxRun, this.#demands.after(satisfied, kind, maxRun), kind) : 0n;
      return this.#countBeginning(left - 1, this.#demands.after(satisfied, kind), kind) + this.#countAfter(left - 1, satisfied, kind) - tooLong;
    });
  }

  /** Ways to fill `left` places after a run of one character of this kind, which another one ends. */
  #countAfter(left: number, satisfied: number, kind: Kind): bigint {
    if (left === 0) return BigInt(satisfied === this.#demands.all);
    return this.#countAnything(left, satisfied) - this.#countBeginning(left, this.#demands.after(satisfied, kind), kind);
  }
}

/** How far the required sets are satisfied, each up to what it demands, as one number. */
class Demands {
  readonly states: number;
  readonly #counts: readonly number[];
  /** By kind and state: what is asked a million times. */
  readonly #afterOne: readonly Int32Array[];

  constructor(counts: readonly number[], kinds: readonly Kind[]) {
    this.#counts = counts;
    this.states = counts.reduce((states, count) => states * (count + 1), 1);
    this.#afterOne = kinds.map((kind) => Int32Array.from({ length: this.states }, (_, satisfied) => this.#counted(satisfied, kind, 1)));
  }

  /** All are. */
  get all(): number {
    return this.states - 1;
  }

  /** After so many more characters of this kind. */
  after(satisfied: number, kind: Kind, times = 1): number {
    return times === 1 ? (this.#afterOne[kind.index]?.[satisfied] ?? satisfied) : this.#counted(satisfied, kind, times);
  }

  #counted(satisfied: number, { isIn }: Kind, times: number): number {
    let [rest, weight, sum] = [satisfied, 1, 0];
    for (const [index, wanted] of this.#counts.entries()) {
      const held = rest % (wanted + 1);
      rest = Math.floor(rest / (wanted + 1));
      sum += weight * (isIn[index] ? Math.min(wanted, held + times) : held);
      weight *= wanted + 1;
    }
    return sum;
  }
}

const outside = (): RangeError => new RangeError('the number lies outside the space');

const choicesOf = ({ index, characters }: Kind, last: Last | null): string =>
  last?.kind.index === index ? characters.replace(last.character, () => '') : characters;

function remembered(known: Map<number, bigint>, key: number, count: () => bigint): bigint {
  const before = known.get(key);
  if (before !== undefined) return before;
  const counted = count();
  known.set(key, counted);
  return counted;
}

function kindsOf(rules: PasswordRules): readonly Kind[] {
  const byTraits = Map.groupBy(rules.allowed.drawn, (character) =>
    [...rules.required.map((set) => set.drawn.includes(character)), rules.start === null || rules.start.accepts(character)].join(' '),
  );
  return [...byTraits].map(([traits, characters], index) => {
    const each = traits.split(' ').map((trait) => trait === 'true');
    return { index, characters: characters.join(''), isIn: each.slice(0, -1), mayStart: each.at(-1) ?? false };
  });
}
