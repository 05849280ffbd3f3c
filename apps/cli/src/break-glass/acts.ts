import type { Database } from '@rcm/db';
import { askAct, decideAct, findBreakGlass, withdrawAct } from '@rcm/db/acts';
import { showLogin } from '@rcm/db/fleet';
import { RcmError } from '@rcm/telemetry';
import type { Person } from '../onboarding/add.ts';
import type { Report } from '../report.ts';

/** Asks to read a login's password. Fails with `endpoint_unknown`, and as `askAct`. */
export async function requested(db: Database, { endpointId, ...ask }: Person & { readonly endpointId: string; readonly minutes: number }): Promise<Report> {
  const login = await showLogin(db, { endpointId });
  if (!login) throw new RcmError('endpoint_unknown', `There is no login ${endpointId}. Nothing was done.`);
  const { id } = await askAct(db, { orgId: login.orgId, endpointId, kind: 'break_glass', ...ask });
  return {
    json: { request: id, login: endpointId, minutes: ask.minutes },
    lines: () => [
      `${id}  asked for. Nothing can be read yet.`,
      `Somebody else approves it within the hour:  rcm break-glass approve ${id} --reason "…"`,
      `Then, within ${ask.minutes} minutes, at your own terminal:  rcm break-glass read ${id}`,
    ],
    well: true,
  };
}

const ANSWERS = {
  approve: (db: Database, answer: Answer) => decideAct(db, { ...answer, decision: 'approved' }),
  decline: (db: Database, answer: Answer) => decideAct(db, { ...answer, decision: 'declined' }),
  withdraw: withdrawAct,
} as const;
type Answer = Parameters<typeof withdrawAct>[1];

/** What a second person says to it, or whoever asked. Fails with `input_invalid` where there is no such request, and as `decideAct`, `withdrawAct`. */
export async function answered(db: Database, { id, answer, ...by }: Person & { readonly id: string; readonly answer: keyof typeof ANSWERS }): Promise<Report> {
  const asked = await findBreakGlass(db, { id });
  if (!asked?.orgId || !(await ANSWERS[answer](db, { id, orgId: asked.orgId, ...by })))
    throw new RcmError('input_invalid', `There is no break-glass request ${id}. Nothing was done.`);
  const lines = {
    approve: [
      `${id}  approved: whoever asked may read the password of ${asked.endpointId} once within ${asked.minutes} minutes; once read, it is due to be changed when they are over.`,
      `They do so at their own terminal:  rcm break-glass read ${id}`,
    ],
    decline: [`${id}  declined: nothing can be read.`],
    withdraw: [`${id}  withdrawn: nothing can be read.`],
  };
  return { json: { request: id, login: asked.endpointId, answer, minutes: asked.minutes }, lines: () => lines[answer], well: true };
}
