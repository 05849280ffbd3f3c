import { RcmError } from '@rcm/telemetry';
import type { ListedVersion, SecretsManagerCalls } from './secrets-manager-calls.ts';
import type { CallOptions } from './store.ts';

/** Every read of a current payload names this label; an agent's policy allows no other. */
export const CURRENT = 'AWSCURRENT';
export const PENDING = 'AWSPENDING';
export const PREVIOUS = 'AWSPREVIOUS';
/** Holds what `replace` has written and not yet made current. One that a crash left behind moves with the next `replace`. */
export const REPLACING = 'rcm-replacing';
/** AWSPENDING is one label per secret and goes on with the next attempt; this one keeps an older attempt's copy findable. */
export const KEPT = 'rcm-staged-';
export const keptLabel = (attemptId: string): string => `${KEPT}${attemptId}`;
/** Labels of one secret ("Secrets Manager quotas"). */
const MOST_STAGES = 20;
/**
 * Staged copies of one secret. Of its 20 labels four are needed besides: AWSCURRENT, AWSPENDING, the AWSPREVIOUS
 * that a promotion makes, and REPLACING; two more are left for stagers that look at the same time. Without that room a
 * promotion would fail after the portal has changed.
 */
const MOST_STAGED = 14;

/**
 * What was current before this version, the latest first; empty: nothing that is known. Of what is current AWSPREVIOUS says it. Of everything older only the time is known at which it
 * was written, until Secrets Manager clears it away; staged copies, which have an order of their own, are not among it.
 */
export function versionsBefore(version: string, youngestFirst: readonly ListedVersion[]): readonly string[] {
  const labelled = (label: string) => youngestFirst.find(({ stages }) => stages.includes(label))?.id;
  const isStaged = ({ stages }: ListedVersion): boolean => stages.some((stage) => stage === REPLACING || stage.startsWith(KEPT));
  const ends = [labelled(CURRENT), labelled(PREVIOUS)].filter((id) => id !== undefined);
  const others = youngestFirst.filter((each) => !ends.includes(each.id) && !isStaged(each)).map(({ id }) => id);
  const order = [...ends, ...others];
  const at = order.indexOf(version);
  return at < 0 ? [] : order.slice(at + 1);
}

export async function leaveRoomToPromote(calls: SecretsManagerCalls, id: string, options?: CallOptions): Promise<void> {
  const kept = (await calls.listStages(id, options)).filter((stage) => stage.startsWith(KEPT)).length;
  if (kept >= MOST_STAGED)
    throw new RcmError(
      'store_denied',
      `The secret has ${kept} staged copies, all that may be; discard those of attempts that have ended. Nothing was staged.`,
      {
        details: { kept },
      },
    );
}

/** A promotion leaves AWSPREVIOUS behind, which a secret does not have before its first. */
export async function hasRoomToPromote(calls: SecretsManagerCalls, id: string, options?: CallOptions): Promise<void> {
  const stages = await calls.listStages(id, options);
  const needed = new Set([...stages, PREVIOUS]).size;
  if (needed > MOST_STAGES)
    throw new RcmError('store_denied', `The secret has ${stages.length} labels, and a promotion needs one more. Nothing was written.`, {
      details: { labels: stages.length },
    });
}
