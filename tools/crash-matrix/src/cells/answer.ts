/** How the portal answers the first password change of a case; every later one is made and answered. */
export const ANSWERS = ['answered', 'error', 'dropped', 'not-made', 'slow-answer', 'slow-change'] as const;
export type Answer = (typeof ANSWERS)[number];

export interface AnswerFacts {
  /** In words, for the table. */
  readonly meaning: string;
  /** The account's fault at the demo portal; `null` for none. */
  readonly fault: string | null;
  /** The answer takes longer than the rotator waits, so there is a time in which the change is on its way. */
  readonly isSlow: boolean;
  /** Whether the first change is made, now or within the portal's settle. */
  readonly isMade: boolean;
}

export const ANSWER_FACTS: Readonly<Record<Answer, AnswerFacts>> = {
  answered: { meaning: 'made and answered', fault: null, isSlow: false, isMade: true },
  error: { meaning: 'made, then error 500', fault: '500_after_commit', isSlow: false, isMade: true },
  dropped: { meaning: 'made, then the connection is cut', fault: 'drop_after_commit', isSlow: false, isMade: true },
  'not-made': { meaning: 'not made, error 500', fault: '500_before_commit', isSlow: false, isMade: false },
  'slow-answer': { meaning: 'made at once, answered past the submit deadline', fault: 'slow_answer', isSlow: true, isMade: true },
  'slow-change': { meaning: 'made past the submit deadline, within settle', fault: 'slow_commit', isSlow: true, isMade: true },
};
