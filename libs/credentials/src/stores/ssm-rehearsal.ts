import { RcmError } from '@rcm/telemetry';
import { firstOfOurs, numbersBefore } from './history.ts';
import { mustKeepFields, stagedAsGiven, unlessMoved } from './rehearsal.ts';
import { ssmTier, type SsmTier } from './size-policy.ts';
import type { SsmCalls } from './ssm-calls.ts';
import type { Rehearsal, RehearseOptions, StoredSecret } from './store.ts';
import { findWrittenOver } from './written-over.ts';

/** What the rehearsals of a deployment have found out about its backend. */
export interface WriteProbe {
  /** `false` once a backend has taken a write that it should have refused for its pattern, as emulators do: there it is not tried again. */
  isHeeded: boolean;
}

export interface SsmRehearsal {
  readonly calls: SsmCalls;
  readonly probe: WriteProbe;
  readonly names: { readonly current: string; readonly staged: string };
  readonly largestTier: SsmTier;
  readonly base: string;
  readonly options: RehearseOptions;
}

/**
 * Matches the empty text alone, and a payload has at least two characters. PutParameter refuses a value that does not match as a whole
 * with ParameterPatternMismatchException ("Walkthrough: Manage parameters using hierarchies", AWS Systems Manager User Guide). IAM is
 * asked before the operation looks at what it was given.
 */
const MATCHES_NOTHING = '^$';

/** SSM keeps as many, and then has to let the oldest go. */
const MOST_VERSIONS = 100;
/**
 * Proves: the copy can be decrypted and is as given; current is at `base`; the size fits the tier; no label on the oldest of 100
 * versions stands in the way of the next one; no pattern on the parameter could refuse it; IAM lets this caller overwrite current. The last
 * by an overwrite with the very text that is there and a pattern that nothing matches: SSM authorises first and then refuses it. Should it
 * be written after all, as emulators do, the text that was current at `base` has another version, which `promote` meets as it does any edit;
 * it is not tried again. On such a backend a process that is stopped right before that overwrite could put back what was current.
 * Not proven: that the key may encrypt under the name of current (staging has proved it for the name beside it), that nobody takes
 * a right away or writes before `promote`, that SSM's write quota will have room.
 */
export async function rehearseOnSsm(rehearsal: SsmRehearsal): Promise<Rehearsal> {
  const { calls, names, largestTier, base, options } = rehearsal;
  const staged = stagedAsGiven(await calls.get(names.staged, options), options);
  ssmTier(staged.text, largestTier);
  const current = unlessMoved(await calls.get(names.current, options), base);
  mustKeepFields(staged, current);
  await mayTakeAnotherVersion(rehearsal);
  const overwritten = await findWrittenOver(current, async ({ version }) =>
    firstOfOurs(numbersBefore(version), (number) => calls.getVersion(names.current, number, options)),
  );
  await mayBeWritten(rehearsal, current);
  return { overwritten };
}

async function mayTakeAnotherVersion({ calls, names, options }: SsmRehearsal): Promise<void> {
  const kept = await calls.history(names.current, options);
  const [oldest, newest] = [kept[0], kept.at(-1)];
  if (kept.length >= MOST_VERSIONS && oldest && oldest.labels.length > 0)
    throw new RcmError(
      'store_denied',
      `The parameter has ${kept.length} versions, and the oldest (${oldest.version}) has a label, so SSM takes no other: move the label to a newer version. Nothing was written.`,
      { details: { oldest: oldest.version } },
    );
  // Ours is only ever there where a backend that heeds no patterns has kept it.
  if (newest && newest.allowedPattern !== null && newest.allowedPattern !== MATCHES_NOTHING)
    throw new RcmError(
      'store_denied',
      'The parameter has an AllowedPattern, and whether a new password satisfies it would be known only after the portal was changed: overwrite it with an empty pattern. Nothing was written.',
    );
}

async function mayBeWritten({ calls, names, probe, options }: SsmRehearsal, current: StoredSecret): Promise<void> {
  if (!probe.isHeeded) return;
  const written = await calls.tryOverwrite(names.current, current.text, MATCHES_NOTHING, options);
  if (written !== null) probe.isHeeded = false;
}
