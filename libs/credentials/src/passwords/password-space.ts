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
  readonly ways: bigint;
  /** The last character again, or another one of a kind. */
  readonly repeats: boolean;
  readonly kind: number;
}

/**
 * All passwords of one length that satisfy the rules, counted exactly, so that one can be drawn with each equally likely. Trying
 * at random until one fits would not end for narrow rules; filling in what is missing afterwards would favour some.
 */
export class PasswordSpace {
  readonly #kinds: readonly Kind[];
  readonly #wanted: number;
  readonly #maxRun: number;
  readonly #length: number;
  readonly #counts = new Map<string, bigint>();

  constructor(rules: PasswordRules, length: number) {
    this.#length = length;
    this.#wanted = 2 ** rules.required.length - 1;
    // A run that cannot be too long need not be counted.
    this.#maxRun = rules.maxConsecutive !== null && rules.maxConsecutive < length ? rules.maxConsecutive : 0;
    this.#kinds = kindsOf(rules);
  }

  /** How many there are. */
  get size(): bigint {
    return this.#count(this.#start());
  }

  draw(random: RandomBytes): string {
    let password = '';
    for (let state = this.#start(); state.left > 0;) {
      let point = uniformBelow(this.#count(state), random);
      const step = this.#steps(state).find(({ ways }) => {
        if (point < ways) return true;
        point -= ways;
        return false;
      });
      if (!step) throw new RangeError('the point lies outside the space');
      password += step.repeats ? password.at(-1) : this.#pick(step, state, password, random);
      state = step.next;
    }
    return password;
  }

  #start(): State {
    return { left: this.#length, satisfied: 0, last: -1, run: 0 };
  }

  #pick(step: Step, state: State, password: string, random: RandomBytes): string {
    const characters = this.#kinds[step.kind]?.characters ?? '';
    const choices = this.#maxRun > 0 && state.last === step.kind ? characters.replace(password.at(-1) ?? '', () => '') : characters;
    return choices[Number(uniformBelow(BigInt(choices.length), random))] ?? '';
  }

  #count(state: State): bigint {
    if (state.left === 0) return state.satisfied === this.#wanted ? 1n : 0n;
    const key = `${state.left}.${state.satisfied}.${state.last}.${state.run}`;
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    const total = this.#steps(state).reduce((sum, { ways }) => sum + ways, 0n);
    this.#counts.set(key, total);
    return total;
  }

  #steps(state: State): readonly Step[] {
    const steps: Step[] = [];
    const add = (kind: number, repeats: boolean, choices: number, run: number): void => {
      if (choices === 0) return;
      const satisfied = state.satisfied | (this.#kinds[kind]?.satisfies ?? 0);
      const next = { left: state.left - 1, satisfied, last: this.#maxRun > 0 ? kind : -2, run };
      steps.push({ next, kind, repeats, ways: BigInt(choices) * this.#count(next) });
    };
    this.#kinds.forEach(({ characters, mayStart }, kind) => {
      if (state.left === this.#length && !mayStart) return;
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
