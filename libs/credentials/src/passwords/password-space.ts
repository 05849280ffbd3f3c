import type { PasswordRules } from './password-rules.ts';
import { type RandomBytes, uniformBelow } from './uniform.ts';

/** Characters that the rules cannot tell apart: in the same required sets, and alike as a first character. */
interface Kind {
  readonly characters: string;
  /** Bit per required rule that such a character satisfies. */
  readonly satisfies: number;
  readonly mayStart: boolean;
}

/** What the rest of a password depends on. */
interface State {
  readonly left: number;
  /** Bit per required rule satisfied so far. */
  readonly satisfied: number;
  /** Kind of the last character, -1 at the start. */
  readonly last: number;
  /** How often the last character was repeated. */
  readonly run: number;
}

interface Step {
  readonly next: State;
  /** How many passwords go on this way after each of the `choices`. */
  readonly each: bigint;
  readonly choices: bigint;
  /** The last character again, or another one of a kind. */
  readonly repeats: boolean;
  readonly kind: number;
}

interface Node {
  readonly total: bigint;
  readonly steps: readonly Step[];
}

/**
 * All passwords of one length that satisfy the rules, counted exactly and numbered, so that one can be drawn with each equally likely.
 * Trying at random until one fits would not end for narrow rules; filling in what is missing afterwards would favour some.
 */
export class PasswordSpace {
  readonly #kinds: readonly Kind[];
  readonly #wanted: number;
  readonly #maxRun: number;
  readonly #start: State;
  readonly #nodes = new Map<number, Node>();

  constructor(rules: PasswordRules, length: number) {
    this.#start = { left: length, satisfied: 0, last: -1, run: 0 };
    this.#wanted = 2 ** rules.required.length - 1;
    // A run that cannot be too long need not be counted.
    this.#maxRun = rules.maxConsecutive !== null && rules.maxConsecutive < length ? rules.maxConsecutive : 0;
    this.#kinds = kindsOf(rules);
  }

  /** How many there are. */
  get size(): bigint {
    return this.#node(this.#start).total;
  }

  /** One random number for the whole password: which of all it is. */
  draw(random: RandomBytes): string {
    let number = uniformBelow(this.size, random);
    let password = '';
    for (let state = this.#start; state.left > 0;) {
      const step = this.#node(state).steps.find(({ choices, each }) => {
        if (number < choices * each) return true;
        number -= choices * each;
        return false;
      });
      if (!step) throw new RangeError('the number lies outside the space');
      const choice = Number(number / step.each);
      number %= step.each;
      password += step.repeats ? password.at(-1) : this.#choices(step, state, password)[choice];
      state = step.next;
    }
    return password;
  }

  #choices(step: Step, state: State, password: string): string {
    const characters = this.#kinds[step.kind]?.characters ?? '';
    return this.#maxRun > 0 && state.last === step.kind ? characters.replace(password.at(-1) ?? '', () => '') : characters;
  }

  #node(state: State): Node {
    const key = this.#key(state);
    const known = this.#nodes.get(key);
    if (known) return known;
    const steps = state.left === 0 ? [] : this.#steps(state);
    const total = state.left === 0 ? BigInt(state.satisfied === this.#wanted) : steps.reduce((sum, { choices, each }) => sum + choices * each, 0n);
    const node = { total, steps };
    this.#nodes.set(key, node);
    return node;
  }

  /** Each part is smaller than its factor: kinds by sets (8) and start, and a run shorter than the length. */
  #key({ left, satisfied, last, run }: State): number {
    return ((left * 256 + satisfied) * 1024 + last + 2) * 256 + run;
  }

  #steps(state: State): readonly Step[] {
    const steps: Step[] = [];
    const add = (kind: number, repeats: boolean, choices: number, run: number): void => {
      const satisfied = state.satisfied | (this.#kinds[kind]?.satisfies ?? 0);
      const next = { left: state.left - 1, satisfied, last: this.#maxRun > 0 ? kind : -2, run };
      const each = choices === 0 ? 0n : this.#node(next).total;
      if (each > 0n) steps.push({ next, kind, repeats, choices: BigInt(choices), each });
    };
    this.#kinds.forEach(({ characters, mayStart }, kind) => {
      if (state === this.#start && !mayStart) return;
      if (this.#maxRun === 0) return add(kind, false, characters.length, 0);
      const same = kind === state.last;
      if (same && state.run < this.#maxRun) add(kind, true, 1, state.run + 1);
      add(kind, false, characters.length - (same ? 1 : 0), 1);
    });
    return steps;
  }
}

function kindsOf(rules: PasswordRules): readonly Kind[] {
  const byTraits = Map.groupBy(rules.allowed.drawn, (character) => {
    const satisfies = rules.required.reduce((bits, set, index) => (set.drawn.includes(character) ? bits | (1 << index) : bits), 0);
    return `${satisfies} ${rules.start === null || rules.start.accepts(character)}`;
  });
  return [...byTraits].map(([traits, characters]) => {
    const [satisfies, mayStart] = traits.split(' ');
    return { characters: characters.join(''), satisfies: Number(satisfies), mayStart: mayStart === 'true' };
  });
}
