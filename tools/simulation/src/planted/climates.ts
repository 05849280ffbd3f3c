import type { Edit } from './planted-fault.ts';
import { portal, time } from './sources.ts';

/** Where what seldom happens is common: edits of the model alone, so whatever is wrong in such a climate is the product's. */
export interface Climate {
  readonly name: string;
  /** What it is like. */
  readonly words: string;
  readonly edits: readonly Edit[];
}

/** Every portal counts a wrong current password, and every second form of a change calls a right one wrong. */
const FORMS_REFUSE: readonly Edit[] = [
  {
    file: portal('portal'),
    from: 'if (this.habits.countsCurrent && isLocked(account, this.#scheduler.now)) return false;',
    to: 'if (isLocked(account, this.#scheduler.now) || this.#random.chance(0.5)) return false;',
  },
  {
    file: portal('portal'),
    from: "const counted = decision === 'current_wrong' && this.habits.countsCurrent &&",
    to: "const counted = decision === 'current_wrong' &&",
  },
];

export const CLIMATES: readonly Climate[] = [
  {
    name: 'refusals-unheard',
    words: 'forms of a change often call a right password wrong, which counts, and nobody hears it',
    edits: [
      ...FORMS_REFUSE,
      {
        file: portal('driver'),
        from: "const made = value === 'unavailable' ? null : value;",
        to: "const made = value === 'unavailable' || value?.decision === 'current_wrong' ? null : value;",
      },
    ],
  },
  {
    name: 'deaths-at-submit',
    words: 'forms of a change often call a right password wrong, which counts, and whoever sent it often dies before the answer',
    edits: [
      ...FORMS_REFUSE,
      {
        file: time('outside'),
        from: 'const fault = this.#faults.next(process, this.#scheduler.now, call.stake);',
        to: `const drawn = this.#faults.next(process, this.#scheduler.now, call.stake);
    const death = { process: process.name, crossing: process.crossings - 1, kind: 'dies after', ms: 0 } as const;
    const fault = call.what.endsWith(' change') && process.random.chance(0.5) ? death : drawn;`,
      },
    ],
  },
];
