import { setTimeout as delay } from 'node:timers/promises';
import type { CaseAt } from './case-at.ts';
import { orderOf } from './fault-at.ts';
import { TIMING } from './timing.ts';

const PAUSE_MS = 500;

/**
 * What goes on for every login all the time, until an agent's task is let in: a rotator goes on with what is open, another looks for what
 * the portal accepts where somebody was refused, and the agent comes again. `null`, or what the agent met last.
 */
export async function untilIn({ place, endpoint }: CaseAt): Promise<string | null> {
  const giveUpAt = performance.now() + TIMING.caseDeadlineMs;
  const [one, other] = place.survivors();
  for (;;) {
    const met = await place.agent.visit(endpoint);
    if (met === 'in') return null;
    if (performance.now() > giveUpAt) return met;
    await delay(PAUSE_MS);
    await one.order(orderOf(endpoint, 'recovery'), TIMING.caseDeadlineMs);
    await other.order(orderOf(endpoint, 'mend'), TIMING.caseDeadlineMs);
  }
}
