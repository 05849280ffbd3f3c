import { RcmError, type Secret } from '@rcm/telemetry';
import type { Locator } from 'playwright';
import type { Value } from '../recipe/value.ts';
import type { Act } from './act.ts';
import { isShown } from './conditions.ts';
import { rewritten } from './leaving.ts';
import type { Worded } from './outcome-watch.ts';

export interface TypingLimits {
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/**
 * Types a value into a field. For a secret the field must afterwards hold exactly that, and allow its length: a portal that
 * cuts a new password short would be left with one that nobody knows. Fails with `portal_unexpected`, with the detail
 * `maxLength` where the field is too short for it.
 */
export async function typeValue<W extends Worded>(act: Act<W>, locator: Locator, value: Value, limits: TypingLimits): Promise<void> {
  const resolved = act.resolve(value);
  if ('plain' in resolved) return fillWhole(locator, resolved.plain, limits);
  const { secret, sealing } = resolved;
  if (sealing) act.seal(secret);
  // One that comes while it is typed may be the one that replaces it.
  const documents = act.watch.documents();
  // A user name may be written otherwise by the page (in capitals, say) and still be the same.
  await (sealing ? locator.fill(secret.reveal(), limits) : fillWhole(locator, secret.reveal(), limits));
  if (sealing) await checkTaken(act, locator, value, limits);
  act.typedFields.push({ field: locator, documents, sealing, keeps: value.credential === 'new_password' ? secret : null });
}

/**
 * Types what a page may write otherwise, but not cut. Fails with `portal_unexpected` where the field kept only the beginning, as its `maxlength` has it: cut, a user
 * name is somebody else's account, which a wrong password counts against, a claim number is another claim's, and a code is wrong.
 */
export async function fillWhole(locator: Locator, typed: string, limits: TypingLimits): Promise<void> {
  const most = Number(await locator.getAttribute('maxlength', limits));
  await locator.fill(typed, limits);
  // A row of boxes for one letter each may pass on the rest. Nor is a page asked for nothing that may go on by itself with the last letter.
  if (!(most > 1) || typed.trimEnd().length <= most) return;
  const held = await locator.inputValue(limits);
  if (held.length === most && typed.toLowerCase().startsWith(held.toLowerCase()))
    throw new RcmError('portal_unexpected', `The field takes at most ${most} characters, and what was typed has more.`);
}

async function checkTaken<W extends Worded>(act: Act<W>, locator: Locator, value: Value, limits: TypingLimits): Promise<void> {
  const resolved = act.resolve(value);
  const [held] = await Promise.all([locator.inputValue(limits), checkRoom(act, locator, value, limits)]);
  if ('secret' in resolved && held !== resolved.secret.reveal()) throw new RcmError('portal_unexpected', 'The field did not take the value as it was typed.');
}

/**
 * Fails with `portal_unexpected` where a document that came since shows a field empty that a secret or the user name was typed into: what would be sent without it
 * is a wrong password to the portal, or reads like one, and is counted. A page that empties a field by itself may have its reasons.
 */
export async function checkNotReplaced<W extends Worded>(act: Act<W>, limits: TypingLimits): Promise<void> {
  for (const { field, documents, sealing } of act.typedFields) {
    if (documents === act.watch.documents() || !(await isShown(field).catch(() => false))) continue;
    if ((await field.inputValue(limits)) === '')
      throw new RcmError('portal_unexpected', `Another page has come since the ${sealing ? 'secret' : 'user name'} was typed, and its field is empty.`);
  }
}

/**
 * Fails with `portal_unexpected` and the detail `rewritten` where the page has written a new password otherwise once its field was left (in lower case, cut, without what
 * it does not like): the portal would have one that nobody knows. What was emptied may have gone elsewhere in the page.
 */
export async function checkNotRewritten<W extends Worded>(act: Act<W>, limits: TypingLimits): Promise<void> {
  for (const { field, keeps } of act.typedFields) {
    if (keeps === null || (await field.count().catch(() => 0)) !== 1) continue;
    // As the press will: many pages look at what was typed only now.
    await field.blur(limits);
    const held = await field.inputValue(limits);
    if (held === '' || held === keeps.reveal()) continue;
    throw rewritten();
  }
}

/** A press before the submit may lead on to a page that has the user name by now, and a field for another one. */
export function leaveNames<W extends Worded>({ typedFields }: Act<W>): void {
  typedFields.splice(0, typedFields.length, ...typedFields.filter(({ sealing }) => sealing));
}

/** Fails with `portal_unexpected` and the detail `maxLength` where a field is too short for a secret. */
export async function checkRoom<W extends Worded>(act: Act<W>, locator: Locator, value: Value, limits: TypingLimits): Promise<void> {
  const resolved = act.resolve(value);
  const allowed = await locator.getAttribute('maxlength', limits);
  if ('plain' in resolved || allowed === null || !/^\d+$/.test(allowed)) return;
  if (value.credential === 'password') act.room(Number(allowed));
  if (fitsIn(resolved.secret, Number(allowed))) return;
  throw new RcmError('portal_unexpected', `The field takes at most ${allowed} characters.`, { details: { maxLength: Number(allowed) } });
}

/** As browsers count it against `maxlength`. */
export const fitsIn = (secret: Secret<string>, most: number): boolean => secret.reveal().length <= most;
