import type { Notice, NoticeKind } from '@rcm/db';

/** A notice as a person reads it. */
export interface NoticeText {
  readonly title: string;
  readonly happened: string;
  /** What is safe now. */
  readonly safe: string;
  readonly todo: readonly string[];
}

type Words = (about: { readonly endpoint: string; readonly portal: string; readonly why: string }) => NoticeText;

const AGENTS_WAIT = 'No password is lost and nobody can lock the account: agents get no access to this login meanwhile, and their tasks wait.';
const AGENTS_WORK = 'No password is lost. Agents go on working with the current one.';

/** Ids and the journal's words only; the runbook is docs/rotation.md. */
const WORDS: Readonly<Record<NoticeKind, Words>> = {
  blocked: ({ endpoint, why }) => ({
    title: `Rotation blocked: ${endpoint}`,
    happened: `The rotation of ${endpoint} cannot go on by itself: ${why}.`,
    safe: `${AGENTS_WAIT} The store holds both the current and the new password.`,
    todo: [
      'Find out which password the portal accepts: ask the portal’s support, or have it reset.',
      `Then run: rotator resolve --endpoint ${endpoint} --accept current|staged|typed --reason "…"`,
    ],
  }),
  failed: ({ endpoint, why }) => ({
    title: `Rotation given up: ${endpoint}`,
    happened: `The rotation of ${endpoint} was given up before the portal changed anything: ${why}.`,
    safe: AGENTS_WORK,
    todo: [
      'It is tried again by itself after a pause.',
      `If it fails again, look at the portal’s change page, then run: rotator rotate --endpoint ${endpoint}`,
    ],
  }),
  locked: ({ endpoint }) => ({
    title: `Account locked: ${endpoint}`,
    happened: `The portal says that the account of ${endpoint} is locked.`,
    safe: 'No password is lost. Nobody logs in to this account until its lockout window is over.',
    todo: [
      'Ask whether a person mistyped the password; the platform keeps below the portal’s limit by itself.',
      'If the portal does not unlock by itself, have it unlocked by its support.',
    ],
  }),
  manual_due: ({ endpoint, portal, why }) => ({
    title: `Password to change by hand: ${endpoint}`,
    happened: `The password of ${endpoint} at ${portal} is ${why || 'due'}; this portal is rotated by a person.`,
    safe: AGENTS_WORK,
    todo: [
      'Change the password at the portal, following its rules.',
      'Right after that, put the new password into the secret that the endpoint names (same JSON, only `password` changed).',
      'Nothing else: the platform sees the new version, logs in once to verify it and records the rotation.',
    ],
  }),
  manual_refused: ({ endpoint, why }) => ({
    title: `Stored password not proved: ${endpoint}`,
    happened: `Somebody changed the secret of ${endpoint}, and one login with it did not succeed: ${why}.`,
    safe: 'It was tried once and is not tried again. No account was locked by it.',
    todo: ['Check the password at the portal yourself, once.', 'Store the right one as a new version; the platform verifies it by itself.'],
  }),
  breaker_open: ({ portal, why }) => ({
    title: `Rotations stopped: ${portal}`,
    happened: `Rotations at ${portal} fail in a way that is not one login’s own: ${why}.`,
    safe: 'No password is lost. No further rotation starts there; agents go on where the portal lets them in.',
    todo: [
      'Look at the portal: does it announce maintenance, has its login or change page changed?',
      'If pages changed, mend the recipe first (docs/portal-recipes.md).',
      `Then run: rotator resume --portal-type ${portal} --reason "…" — or wait: one rotation tries by itself after a rest, and closes this if it gets through.`,
    ],
  }),
  waiting_long: ({ endpoint, why }) => ({
    title: `Rotation waits for a day: ${endpoint}`,
    happened: `The rotation of ${endpoint} has not ended for 24 hours: ${why || 'it waits'}.`,
    safe: 'No password is lost and nobody can lock the account. If the change was sent already, agents wait until it is known which password holds; else they go on.',
    todo: [
      'See what it waits for: rotator status',
      'It goes on by itself when the portal answers again; an account that stays locked or expired needs the portal’s support.',
    ],
  }),
  left_previous: ({ endpoint, why }) => ({
    title: `Edit kept as previous version: ${endpoint}`,
    happened: `Somebody edited the secret of ${endpoint} while its password was being changed: ${why}.`,
    safe: 'The portal’s new password is current, with everything else as edited; the edit itself is the previous version.',
    todo: ['Check that the edit says what you meant.'],
  }),
};

/** In words; never anything but ids and what the journal says. */
export function noticeText(notice: Pick<Notice, 'kind' | 'endpointId' | 'portalTypeCode' | 'detail'>): NoticeText {
  return WORDS[notice.kind]({ endpoint: notice.endpointId ?? 'an endpoint', portal: notice.portalTypeCode ?? 'the portal', why: notice.detail ?? '' });
}
