import { openBackup } from '@rcm/credentials/backup';
import { hasCode, RcmError, Secret } from '@rcm/telemetry';
import { restoreLogin, type Restored } from '../backup/restore-login.ts';
import { readIdentities, readSealed } from '../backup/sealed-file.ts';
import { type CommandContext, type PersonalAct, print } from './command.ts';

export interface RestoreCommandOptions extends PersonalAct {
  readonly file: string;
  /** A file of age's identities, as `age-keygen` writes it. */
  readonly identity: string;
  /** A person answers for a file that does not carry the mark of this deployment's identity key. */
  readonly acceptUnknown: boolean;
  readonly dryRun: boolean;
}

/** A create and a few reads each; agents need the rest of the store's quota. */
const PER_SECOND = 4;
const SOMETHING_TO_DO: readonly (Restored | 'failed')[] = ['outdated', 'no_row', 'elsewhere', 'failed'];

/** What each means, for a person. */
const WORDS: Readonly<Record<Restored | 'failed', string>> = {
  restored: 'was gone, and is as it was backed up',
  outdated:
    'was gone, and is as it was backed up; the password was changed since, and the newer one is in no store: have it reset at the portal, then `rcm login set`',
  copy_restored: 'is in the store; what its open rotation had staged was gone, and is as it was backed up',
  same: 'is in the store as it was backed up',
  kept: 'is in the store and is another one by now; it was left as it is',
  no_row: 'has no endpoint in the database; it was left out',
  elsewhere: 'lies elsewhere by now; it was left out',
  failed: 'could not be put back; it is safe to run this again',
};

/**
 * `restore`: puts logins whose secret is gone back into their store, as a backup has them. Nothing that is in a store is ever overwritten. The whole file is read and checked before
 * anything is done. Exit code 1 where a person has something to do. Fails with `input_invalid`.
 */
export async function restoreCommand(context: CommandContext, options: RestoreCommandOptions): Promise<number> {
  const { rotator } = context.opened;
  const identities = (await readIdentities(options.identity)).map((text) => new Secret(text));
  const bytes = await readSealed(options.file);
  const open = () => openBackup({ identities, keys: rotator.keys, file: bytes() });

  const { head, logins } = await open();
  if (head.environment !== rotator.environment)
    throw new RcmError('input_invalid', `The backup is of environment ${head.environment}, and this is ${rotator.environment}. Nothing was changed.`);
  let step = await logins.next();
  while (!step.done) step = await logins.next();
  const { origin, logins: total } = step.value;
  if (origin === 'unknown' && !options.acceptUnknown)
    throw new RcmError(
      'input_invalid',
      'The file is whole, but does not carry the mark of an identity key that is known here: another deployment made it, or somebody who knows a recipient. Nothing was changed. With --accept-unknown you answer for it.',
    );

  const results = new Map<string, Restored | 'failed'>();
  for await (const login of (await open()).logins) {
    results.set(login.endpointId, await restoredOrFailed(context, login, { ...options, orgId: head.orgId, takenAt: head.takenAt }));
    process.stderr.write(`[${results.size}/${total}] ${login.endpointId}\n`);
    await rotator.clock.sleep(1000 / PER_SECOND, context.signal);
  }
  const counts = Object.fromEntries(Object.keys(WORDS).map((result) => [result, [...results.values()].filter((each) => each === result).length]));
  const notable = [...results].filter(([, result]) => result !== 'same');
  const lines = notable.map(([endpointId, result]) => `${endpointId}  ${WORDS[result]}`);
  lines.push(`${total} logins of ${head.orgId}, backed up at ${head.takenAt.toISOString()}${options.dryRun ? '; nothing was changed' : ''}`);
  const { orgId, takenAt } = head;
  print(context, { orgId, takenAt, origin, dryRun: options.dryRun, counts, logins: Object.fromEntries(results) }, lines);
  return [...results.values()].some((result) => SOMETHING_TO_DO.includes(result)) ? 1 : 0;
}

/** What one login has of its own; whatever a store has as a whole ends the run. */
const ITS_OWN = [
  ...['secret_exists', 'secret_missing', 'store_conflict', 'store_denied', 'payload_invalid', 'payload_too_large'],
  // Its row names what is no secret of this deployment, as where an account that is lost was taken out of its places; or names another by then.
  ...['reference_invalid', 'reference_not_yours', 'state_conflict'],
] as const;

type Restoring = Parameters<typeof restoreLogin>;

/** One that fails for a reason of its own does not keep the others from being put back. */
async function restoredOrFailed(
  { opened, signal }: CommandContext,
  login: Restoring[1],
  options: RestoreCommandOptions & { readonly orgId: string; readonly takenAt: Date },
): Promise<Restored | 'failed'> {
  try {
    return await restoreLogin(opened, login, { ...options, signal });
  } catch (error) {
    if (!hasCode(error, ...ITS_OWN)) throw error;
    opened.rotator.logger.warn({ err: error, endpointId: login.endpointId }, 'a login could not be put back out of a backup');
    return 'failed';
  }
}
