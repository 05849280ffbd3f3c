import { parsePasswordRules, ruleWarnings } from '@rcm/credentials';
import type { Database, NewPortalType } from '@rcm/db';
import { portalTypeStands, saveApprovedChange, showPortalChange } from '@rcm/db/acts';
import { upsertPortalType } from '@rcm/db/admin';
import { portalTypeDiff } from '@rcm/fleet';
import { RcmError } from '@rcm/telemetry';
import { portalTypeFromDocument, readPortalTypeFile } from '../portal-type-file.ts';
import { asOwner, readActorConfig } from './as-owner.ts';
import { personalAct, print, saidWhy } from './command.ts';

export interface SavePortalTypeOptions {
  /** Or `request`: a change that a second person has approved. */
  readonly file?: string | undefined;
  readonly request?: string;
  /** Of a file: how it stood when the change was made, as `portal-type diff` says. Default: as it stands when the command begins. */
  readonly stands?: string;
  readonly json: boolean;
  readonly dryRun: boolean;
  /** Who and why; not needed where nothing is saved. */
  readonly actor?: string;
  readonly reason?: string;
}

/**
 * `save-portal-type`: creates a portal type, or brings it up to date. Whoever may choose the hosts on which passwords are typed owns the
 * database: no app's role may write portal types, so this runs under the owner's URL, when the platform is deployed. Fails as
 * `readPortalTypeFile` and `upsertPortalType`, or `saveApprovedChange`, before anything is changed; with `state_conflict` where somebody else has saved it meanwhile.
 */
export async function savePortalTypeCommand(
  environment: NodeJS.ProcessEnv,
  { file, request, stands, json, dryRun, ...person }: SavePortalTypeOptions,
): Promise<number> {
  if ((file === undefined) === (request === undefined))
    throw new RcmError('input_invalid', 'Name a file, or --request with an approved change. Nothing was changed.');
  if (stands !== undefined && request !== undefined)
    throw new RcmError('input_invalid', '--stands is of a file: an approved change has its own. Nothing was changed.');
  if (!dryRun) saidWhy(person);
  // With no store to reach, who signed in is the issuer's to say where one is configured, else the operating system's.
  const signIn = () => personalAct(person, readActorConfig(environment));
  const portalType =
    file === undefined
      ? await asOwner(environment, `of change ${request ?? ''}`, async (db) => {
          const checked = await proposed(db, request ?? '');
          if (!dryRun) await saveApprovedChange(db, request ?? '', { portalType: checked, ...(await signIn()) });
          return checked;
        })
      : await readPortalTypeFile(file);
  const { code } = portalType;
  if (file !== undefined && !dryRun)
    await asOwner(environment, code, async (db) => {
      // Before anybody is asked to sign in: what is saved while they do is somebody else's.
      const stood = stands === undefined ? await portalTypeStands(db, { code }) : stoodAs(stands);
      await upsertPortalType(db, portalType, { ...(await signIn()), stood });
    });
  const warnings = ruleWarnings(parsePasswordRules(portalType.passwordRules));
  print({ json }, { portalType: code, dryRun, saved: !dryRun, warnings }, [
    ...warnings.map((warning) => `warning: ${warning}`),
    dryRun ? `${code} would be saved; nothing was changed` : `${code} saved; holds from the next login on`,
  ]);
  return 0;
}

/** As the command line has it. */
const stoodAs = (stands: string): string | null => (stands === 'none' ? null : stands);

/** What was proposed, checked like a file. Fails with `input_invalid`, and with `state_conflict` where it is not approved, or not any more: a dry run writes nothing that could say so. */
async function proposed(db: Database, id: string): Promise<NewPortalType> {
  const change = await showPortalChange(db, { id });
  if (!change) throw new RcmError('input_invalid', `There is no proposed change ${id}: \`rcm portal-type proposed\` has them. Nothing was changed.`);
  if (change.state !== 'approved')
    throw new RcmError('state_conflict', `Change ${id} of ${change.code} is not to be saved: it is ${change.state}. Nothing was changed.`);
  return asItWasSeen(change.document);
}

/** Whoever approved it saw what it says: what a document that was written by hand leaves out, and a file's defaults would fill in, nobody has seen. */
function asItWasSeen(document: Readonly<Record<string, unknown>>): NewPortalType {
  const type = portalTypeFromDocument(document);
  const unseen = portalTypeDiff(document, { ...type }).fields.map(({ name }) => name);
  if (unseen.length === 0) return type;
  throw new RcmError(
    'input_invalid',
    `What was proposed would be saved otherwise than it says: ${unseen.join(', ')}. Propose it again (\`rcm portal-type propose\`). Nothing was changed.`,
  );
}
