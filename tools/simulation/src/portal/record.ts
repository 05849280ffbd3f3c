/** What the portal saw of one try or act, and what it decided. Passwords are simulated ones. */
export interface PortalEntry {
  readonly at: number;
  readonly username: string;
  readonly act: 'login' | 'change' | 'change made' | 'support' | 'set by hand' | 'locked';
  /** Whoever it was: a process of ours (`agent`, `rotator`), an operator's command that logs in through our ledger, or a person at the page. */
  readonly by: 'agent' | 'rotator' | 'operator' | 'person' | 'portal';
  readonly process: string;
  /** When whoever it was let it out; `at`, where nothing came in between. */
  readonly askedAt: number;
  /** In the portal's own terms, whatever its page said. */
  readonly ended: LoginEnd | ChangeEnd | 'done';
  readonly password: string | null;
  /** It counted as a wrong try. */
  readonly counted: boolean;
  /** The one-time code that was typed. */
  readonly code: string | null;
  /** Of a change, what the page says became of it. */
  readonly said: ChangeDecision | null;
}

export type ChangeDecision = 'changed' | 'error' | 'too_short' | 'reused' | 'current_wrong' | 'refused';

export type LoginEnd = 'accepted' | 'wrong' | 'wrong code' | 'at locked' | 'closed' | 'unavailable' | 'must change' | 'challenged' | 'no code';
type ChangeEnd = 'made' | 'to be made' | 'not made' | 'refused';
