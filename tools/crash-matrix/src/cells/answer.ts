/** How the portal answers the first password change of a case, each of which every point is crossed with; every later one is made and answered. */
export const ANSWERS = ['answered', 'error', 'dropped', 'not-made', 'slow-answer', 'slow-change'] as const;

/**
 * Answers that are not what the portal does: it makes the change minutes later, which here is many times the propagation delay, or it says what is not so.
 * A late portal is late with every change until the rotation is at its end.
 */
export const UNTRUE_ANSWERS = ['late', 'late-changed', 'late-too-short', 'lies-changed', 'lies-too-short'] as const;

export type Answer = (typeof ANSWERS)[number] | (typeof UNTRUE_ANSWERS)[number];

export interface AnswerFacts {
  /** In words, for the table. */
  readonly meaning: string;
  /** The account's fault at the demo portal; `null` for none. */
  readonly fault: string | null;
  /** The answer takes longer than the rotator waits, so there is a time in which the change is on its way. */
  readonly isSlow: boolean;
  /** Whether the first change is made, now or within the portal's propagation delay. */
  readonly isMade: boolean;
  /** Whether it is made when the propagation delay is long over. */
  readonly isLate: boolean;
}

const AT_ONCE = { isSlow: false, isMade: true, isLate: false } as const;
const NEVER = { isSlow: false, isMade: false, isLate: false } as const;
const SLOWLY = { isSlow: true, isMade: true, isLate: false } as const;
const LATE = { isSlow: false, isMade: false, isLate: true } as const;

export const ANSWER_FACTS: Readonly<Record<Answer, AnswerFacts>> = {
  answered: { meaning: 'made and answered', fault: null, ...AT_ONCE },
  error: { meaning: 'made, then error 500', fault: '500_after_commit', ...AT_ONCE },
  dropped: { meaning: 'made, then the connection is cut', fault: 'drop_after_commit', ...AT_ONCE },
  'not-made': { meaning: 'not made, error 500', fault: '500_before_commit', ...NEVER },
  'slow-answer': { meaning: 'made at once, answered past the submit deadline', fault: 'slow_answer', ...SLOWLY },
  'slow-change': { meaning: 'made past the submit deadline, within the propagation delay', fault: 'slow_commit', ...SLOWLY },
  late: { meaning: 'error 500, and made when the propagation delay is long over', fault: 'makes_it_after', ...LATE },
  'late-changed': { meaning: 'says "changed", and makes it when the propagation delay is long over', fault: 'says_changed_makes_it', ...LATE },
  'late-too-short': { meaning: 'says "too short", and makes it when the propagation delay is long over', fault: 'says_too_short_makes_it', ...LATE },
  'lies-changed': { meaning: 'says "changed", and makes none', fault: 'says_changed_does_not', ...NEVER },
  'lies-too-short': { meaning: 'says "too short", and makes it', fault: 'says_too_short_makes_it', ...AT_ONCE },
};
