import type { JournalWrite } from '@rcm/rotator';

/**
 * What happens around a fault. `killed`: the rotator is gone, and another one comes. `beside`: two more rotators have come for the same login as soon as it was
 * in the first one's hands, and an agent looks in all the time. `stopped`: the rotator is stopped by SIGSTOP for longer than its lease; another one
 * finishes, then it goes on. `outrun`: likewise, and the other one has rotated once more meanwhile.
 */
export const SCENARIOS = ['killed', 'beside', 'stopped', 'outrun'] as const;
export type Scenario = (typeof SCENARIOS)[number];

export const SCENARIO_MEANING: Readonly<Record<Scenario, string>> = {
  killed: 'the rotator dies, and another one comes',
  beside: 'two more rotators wait for the login when the first one dies, and an agent looks in all the time',
  stopped: 'the rotator is stopped (SIGSTOP) for longer than its lease, another one finishes, then it goes on',
  outrun: 'as stopped, and the other one rotates once more before it goes on',
};

/** The journal write from which on, itself included, the database has lost what was committed for this login. */
export const LOST = ['planned', 'staged', 'submitting', 'verified', 'promoted', 'done'] as const satisfies readonly JournalWrite[];
export type Lost = (typeof LOST)[number];
