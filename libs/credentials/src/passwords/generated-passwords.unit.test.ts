import { hasCode } from '@rcm/telemetry';
import { isLongForm } from '@rcm/test-services';
import { describe, expect, it } from 'vitest';
import { type PasswordGenerator, passwordGenerator } from './generate-password.ts';
import { parsePasswordRules } from './password-rules.ts';
import { contradiction } from './contradiction.fixture.ts';
import { objection, type Published, readPublished } from './published-rules.fixture.ts';
import { CONFLICTS, KEYWORDS, randomRules } from './random-rules.fixture.ts';

const RULE_SETS = isLongForm() ? 10_000 : 600;
const PASSWORDS = 100;
/** Printed when something is found, so that it can be found again. */
const SEED = Number(process.env.RCM_TEST_SEED ?? 20_261_125);

/** mulberry32: the rule sets can be drawn again; the passwords come from the generator's own secure source. */
function seededBelow(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

const generatorFor = (text: string) => {
  try {
    return passwordGenerator(parsePasswordRules(text));
  } catch (error) {
    if (hasCode(error, 'input_invalid')) return null;
    throw error;
  }
};

/** Passwords that each take the place of the one before, until none differs enough from it; how many. */
function changesInTurn(generator: PasswordGenerator, text: string, spec: Published): number {
  let before = generator.draw().reveal();
  for (let changes = 0; changes < 3; changes += 1) {
    let password;
    try {
      password = generator.draw({ current: before }).reveal();
    } catch (error) {
      if (!hasCode(error, 'input_invalid')) throw error;
      return changes;
    }
    const broken = objection(spec, password, 'zq-long-name', new Set(), before);
    if (broken) throw new Error(`seed ${SEED}: ${JSON.stringify(text)} made a password that breaks ${broken} after ${JSON.stringify(before)}`);
    before = password;
  }
  return 3;
}

describe('the generator, judged by somebody who shares nothing with it', () => {
  it(
    `makes ${PASSWORDS} passwords that are accepted for each of ${RULE_SETS} random rule sets, and refuses exactly those that contradict themselves`,
    { timeout: 240_000 },
    () => {
      const below = seededBelow(SEED);
      const used = new Map<string, number>();
      const refused = new Map<string, number>();
      let changed = 0;
      for (let made = 0; made < RULE_SETS;) {
        const { text, uses } = randomRules(below);
        const spec = readPublished(text);
        const why = contradiction(spec);
        const generator = generatorFor(text);
        if (why !== null || generator === null) {
          if (why === null || generator !== null)
            throw new Error(`seed ${SEED}: ${JSON.stringify(text)}: the judge says ${why ?? 'possible'}, the generator ${generator ? 'made some' : 'refused'}`);
          refused.set(why, (refused.get(why) ?? 0) + 1);
          continue;
        }
        made += 1;
        for (const name of uses) used.set(name, (used.get(name) ?? 0) + 1);
        // Most rule sets have far more passwords than this; where they have few, a name and a memory would leave none.
        const roomy = generator.size > 1_000_000_000_000n;
        const username = roomy ? 'Ab' : 'zq-long-name';
        const remembered = new Set<string>();
        for (let i = 0; i < PASSWORDS; i += 1) {
          const password = generator.draw({ username, previous: [...remembered] }).reveal();
          const broken = objection(spec, password, username, remembered);
          if (broken) throw new Error(`seed ${SEED}: ${JSON.stringify(text)} made a password that breaks ${broken}`);
          if (roomy && i < 5) remembered.add(password);
        }
        if (uses.has('differs') || uses.has('reuse')) changed += changesInTurn(generator, text, spec);
      }
      for (const name of [...KEYWORDS, ...CONFLICTS]) expect(used.get(name) ?? 0, name).toBeGreaterThan(RULE_SETS / 500);
      expect(changed).toBeGreaterThan(RULE_SETS / 50);
      for (const why of ['nothing permitted may start', 'one character cannot avoid a run', 'more required sets than characters'])
        expect(refused.get(why) ?? 0, why).toBeGreaterThan(RULE_SETS / 2_000);
    },
  );

  it('would notice a password that breaks any one of our own rules', () => {
    const spec = readPublished('allowed: ascii-printable; at-least: 2 digit, [!]; differs: 3; reuse: 50%; not-words: Pass, word9; max-sequence: 2');
    const judged = (password: string) => objection(spec, password, 'bob', new Set(), 'XYZ1wvu7');
    expect(['kmp8', '9kPaSs8', 'kABC88', 'k32199', 'kZ8!', 'XYm5!', 'XkZmv5!', 'XkZm5!5!'].map(judged)).toEqual([
      'at-least',
      'not-words',
      'max-sequence',
      'max-sequence',
      null,
      null,
      null,
      null,
    ]);
    expect(['8X7Z', 'kmX17Y8Z'].map(judged)).toEqual(['differs', 'reuse']);
  });

  it('would notice a password that breaks any one rule', () => {
    const spec = readPublished('minlength: 4; maxlength: 6; required: upper; required: [;]]; allowed: lower; max-consecutive: 2; start: letter; not-username');
    const judged = (password: string) => objection(spec, password, 'bob', new Set(['Abc;d']));
    expect(['Ab;', 'Abcdef;', 'abc;', 'Ab0;', 'Abbb;', ';Abc', 'Abob;', 'Abc;d', 'Aab;', 'Aab]'].map(judged)).toEqual([
      'minlength',
      'maxlength',
      'required',
      'allowed',
      'max-consecutive',
      'start',
      'not-username',
      'history',
      null,
      null,
    ]);
  });
});
