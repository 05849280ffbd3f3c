import { askAct, type AskedAct, type AskedActState, findAskedAct } from '@rcm/db/acts';
import { isRcmError, RcmError } from '@rcm/telemetry';
import type { PersonalAct } from '../commands/rollback.ts';
import type { Migration } from '../migration.ts';

/** `not_tried`: no login was made, or nobody knows how one ended; `code` says why. */
export type LoginAnswer = { readonly is: 'accepted' } | { readonly is: 'refused' | 'not_tried'; readonly code: string; readonly words: string };

/** How long a rotator may take to begin with it, and then to end it. */
export interface LoginPatience {
  readonly beginMs: number;
  readonly endMs: number;
}
const PATIENCE: LoginPatience = { beginMs: 120_000, endMs: 30 * 60_000 };
const LOOK_MS = 1_000;

/** Whose login is asked for, by whom and why. */
type Asking = PersonalAct & { readonly endpointId: string; readonly orgId: string };

/**
 * One login with what the store holds, inside the ledger's budget. The migrator has no browser: a rotator makes it, as when somebody asks for it from the console. A stop ends
 * the wait for it at once (`not_tried`, `cancelled`), and so does a database that cannot be asked any more. Fails with `input_invalid` without a reason, `endpoint_unknown`.
 */
export async function askLogin(migration: Migration, asking: Asking, patience: LoginPatience = PATIENCE): Promise<LoginAnswer> {
  if (migration.stopping.aborted) return { is: 'not_tried', code: 'cancelled', words: 'No login was asked for: this program was asked to stop.' };
  try {
    return await answerTo(migration, asking, patience);
  } catch (error) {
    if (!isRcmError(error) || !error.retryable) throw error;
    return { is: 'not_tried', code: error.code, words: `${error.message} ${STILL_MADE}` };
  }
}

const STILL_MADE = 'Where a rotator begins within 15 minutes of the question, it still makes the login.';

async function answerTo(migration: Migration, { endpointId, orgId, actor, reason }: Asking, { beginMs, endMs }: LoginPatience): Promise<LoginAnswer> {
  const { db, clock, patience, stopping } = migration;
  const asked = await askAct(db, { orgId, endpointId, kind: 'verify', actor, reason }).catch((error: unknown) => {
    if (error instanceof RcmError && error.code === 'state_conflict') return error;
    throw error;
  });
  if (asked instanceof RcmError) return { is: 'not_tried', code: asked.code, words: asked.message };
  const begun = clock.elapsed();
  for (;;) {
    const act = await patience(null, () => findAskedAct(db, { orgId, id: asked.id }));
    const answer = act ? answerOf(act) : null;
    if (answer) return answer;
    const waited = clock.elapsed() - begun;
    if (act?.state === 'waiting' && waited >= beginMs) return { is: 'not_tried', code: 'not_taken', words: `No rotator took it. ${STILL_MADE}` };
    if (waited >= endMs)
      return { is: 'not_tried', code: 'no_answer', words: 'The rotator that took it has not answered; `rcm login history` shows what it did.' };
    await clock.sleep(LOOK_MS, stopping);
  }
}

/** `null`: it has not ended. */
function answerOf({ state, code, words }: AskedAct): LoginAnswer | null {
  if (state === 'done') return { is: 'accepted' };
  if (state === 'failed') return { is: isRefusal(code) ? 'refused' : 'not_tried', code: code ?? 'unexpected', words: words ?? '' };
  if (state === 'undecided' || state === 'waiting' || state === 'under way') return null;
  return { is: 'not_tried', code: state, words: WITHOUT_ANSWER[state] };
}

const ENDED_BY_ROTATORS = 'The rotators ended it before anybody knew of an answer.';
/** Why no answer comes any more. */
const WITHOUT_ANSWER: Readonly<Record<Exclude<AskedActState, 'done' | 'failed' | 'undecided' | 'waiting' | 'under way'>, string>> = {
  expired: ENDED_BY_ROTATORS,
  left: ENDED_BY_ROTATORS,
  withdrawn: 'The question was withdrawn before a rotator took it, so no login was made.',
  declined: 'The question was declined, so no login was made.',
  outdated: 'The login has changed since the question was asked, so no rotator took it and no login was made.',
};

/** What the portal itself said of the login. That the ledger lets nobody try, or the portal asks to come later, says nothing of it. */
const isRefusal = (code: string | null): boolean => code !== null && code.startsWith('login_') && !['login_not_allowed', 'login_throttled'].includes(code);
