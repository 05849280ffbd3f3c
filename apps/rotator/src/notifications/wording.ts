import type { Notification, NotificationKind } from '@rcm/db/notifications';
import { wordsOfFound } from '../finding/candidate.ts';
import { approvalWords } from './approval-words.ts';
import type { NotificationText, Words } from './notification-text.ts';

const AGENTS_WAIT = 'Agents get no access to this login meanwhile, so they cannot lock the account, and their tasks wait.';
const AGENTS_WORK = 'Agents go on working with the current password.';
const KEPT = 'Every password that a rotation made is kept in the store.';

/** Ids and the journal's words only; the runbook is docs/rotation.md. */
const WORDS: Readonly<Record<NotificationKind, Words>> = {
  blocked: ({ endpoint, why }) => ({
    title: `Rotation blocked: ${endpoint}`,
    happened: `The rotation of ${endpoint} is blocked: ${why}.`,
    safe: `${AGENTS_WAIT} ${KEPT}`,
    todo: [
      'If somebody has put the right password into the secret, or the portal was ill: do nothing. It is looked at again each hour, inside the budget.',
      'Find out which password the portal accepts: ask the portal’s support, or have it reset.',
      `If you know that the portal is itself again: rcm login resolve ${endpoint} --accept found --reason "…" tries all that are stored, inside the budget.`,
      `Else run: rcm login resolve ${endpoint} --accept current|staged|typed --reason "…"`,
    ],
  }),
  unblocked: ({ endpoint, why }) => ({
    title: `No longer blocked: ${endpoint}`,
    happened: `The rotation of ${endpoint} was blocked and has ended by itself: ${why}.`,
    safe: `Agents are kept out no longer. ${KEPT}`,
    todo: ['Nothing: the login is due again by itself after a pause.'],
  }),
  failed: ({ endpoint, why }) => ({
    title: `Rotation given up: ${endpoint}`,
    happened: `The rotation of ${endpoint} was given up, or could not start: ${why}.`,
    safe: `Agents are let in wherever the portal accepts what is current. ${KEPT}`,
    todo: [
      'It is tried again by itself after a pause.',
      `If it fails again, look at the portal’s change page, then run: rcm login rotate ${endpoint} --reason "…"`,
    ],
  }),
  locked: ({ endpoint }) => ({
    title: `Account locked: ${endpoint}`,
    happened: `The portal says that the account of ${endpoint} is locked.`,
    safe: `Nothing logs in to this account until the lock is over. ${KEPT}`,
    todo: [
      'Ask whether a person mistyped the password; the platform keeps below the portal’s limit by itself.',
      `If the portal does not unlock by itself, have it unlocked by its support, then run: rcm login unlocked ${endpoint} --reason "…"`,
    ],
  }),
  manual_due: ({ endpoint, portal, why }) => ({
    title: `Password to change by hand: ${endpoint}`,
    happened: `The password of ${endpoint} at ${portal} is ${why || 'due'}; there a person changes it.`,
    safe: AGENTS_WORK,
    todo: [
      'Change the password at the portal, following its rules.',
      'Right after that, put the new password into the secret that the endpoint names (same JSON, only `password` changed).',
      'Nothing else: the platform sees the new version, proves it by one login where the portal’s terms allow that, and records the rotation.',
    ],
  }),
  manual_refused: ({ endpoint, why }) => ({
    title: `Stored password not proved: ${endpoint}`,
    happened: `Somebody changed the secret of ${endpoint}, and one login with it did not succeed: ${why}.`,
    safe: 'It was tried once. What the portal called a wrong password is asked again after a cool-down, inside the account’s budget; anything else waits for another version.',
    todo: ['Check the password at the portal yourself, once.', 'Store the right one as a new version; the platform verifies it by itself.'],
  }),
  breaker_open: ({ portal, why }) => ({
    title: `Rotations stopped: ${portal}`,
    happened: `Rotations at ${portal} fail in a way that is not one login’s own: ${why}.`,
    safe: `No further rotation starts there; agents go on where the portal lets them in. ${KEPT}`,
    todo: [
      'Look at the portal: does it announce maintenance, has its login or change page changed?',
      'If pages changed, mend the recipe first (docs/portal-recipes.md).',
      `Then run: rcm resume --portal-type ${portal} --reason "…" — or wait: one rotation tries by itself after a cool-down, and closes this if it gets through.`,
    ],
  }),
  waiting_long: ({ endpoint, why }) => ({
    title: `Rotation waits for a day: ${endpoint}`,
    happened: `The rotation of ${endpoint} has not ended for 24 hours: ${why || 'it waits'}.`,
    safe: `If the change was sent already, agents wait until it is known which password holds; else they go on. ${KEPT}`,
    todo: [
      'See what it waits for: rcm status',
      'It goes on by itself when the portal answers again; an account that stays locked or expired needs the portal’s support.',
    ],
  }),
  left_previous: ({ endpoint, why }) => ({
    title: `Edit kept as previous version: ${endpoint}`,
    happened: `Somebody edited the secret of ${endpoint} while its password was being changed: ${why}.`,
    safe: 'The portal’s new password is current, with everything else as edited; the edit itself is the previous version.',
    todo: ['Check that the edit says what you meant.'],
  }),
  refused: ({ endpoint, why }) => ({
    title: `Login refused: ${endpoint}`,
    happened: `The portal refused the password that the store holds for ${endpoint}: ${why}.`,
    safe: `The password cools down before it is tried again, inside the account’s budget. ${KEPT}`,
    todo: [
      'If nobody changed the password at the portal, do nothing: once the portal is well again, the login works again by itself within an hour.',
      `If somebody did, give the new one: rcm login set ${endpoint} --reason "…"; or, to try the stored one now: rcm login retry ${endpoint} --reason "…"`,
    ],
  }),
  found: ({ endpoint, why }) => ({
    title: `Another stored password is current now: ${endpoint}`,
    happened: `The portal did not accept the current password of ${endpoint}, and accepts another one that was stored: ${why.replace(/(?<=^it accepts )\S+$/, wordsOfFound)}.`,
    safe: 'It is current in the store now, with every other field as it was. Agents work with it.',
    todo: [
      'Ask whether somebody restored an old secret, or the portal made a change late or cut a password; if it cuts, set maxlength in its password rules. If the account lies in several secrets, save a new password in all of them.',
    ],
  }),
  other_account: ({ endpoint, why }) => ({
    title: `Another account in the secret: ${endpoint}`,
    happened: `The secret of ${endpoint} names another user than before${why ? `: ${why}` : ''}.`,
    safe: 'The endpoint follows: budget, leases and rotations are those of the account that the secret names now.',
    todo: ['Check that this is what you meant. If several endpoints share the account now, it is not rotated automatically (`rcm status` names them).'],
  }),
  lapsing: ({ endpoint, portal, why }) => ({
    title: `About to lapse: ${endpoint}`,
    happened: `The login of ${endpoint} at ${portal} is about to lapse${why ? `: ${why}` : ''}.`,
    safe: 'It works until then. A login by the platform, where its terms allow one and the portal lets it in, puts off what is only about being used.',
    todo: [
      `To be used: log in at ${portal} yourself, with the second factor, as the account that the secret of ${endpoint} names. Then say so: rcm login logged-in ${endpoint} --reason "…"`,
      `To be recertified: the account’s administrator confirms it at ${portal}, in its user administration. Then say so: rcm login recertified ${endpoint} --reason "…"`,
      'If it is not wanted any more, leave it: nothing else depends on it.',
    ],
  }),
  undecided: ({ portal }) => ({
    title: `No program logs in: ${portal}`,
    happened: `Nobody has decided whether the terms of ${portal} let a program log in, so none does: no task, no rotation.`,
    safe: `Nothing is changed at the portal; tasks wait until their deadline. ${KEPT}`,
    todo: [
      'Read the portal’s terms of use, and have whoever answers for it decide.',
      `Then run: rcm portal-type decide ${portal} --automation allowed|assisted|forbidden --terms-version "…" --terms-date YYYY-MM-DD --reason "…"`,
      'Until then a person changes passwords at the portal before they expire.',
    ],
  }),
  backup_codes_low: ({ endpoint, portal, why }) => ({
    title: `Backup codes run out: ${endpoint}`,
    happened: `The login of ${endpoint} uses up its backup codes${why ? `: ${why}` : ''}.`,
    safe: 'Each code is typed once at most. With none left, a login that is asked for one ends there, and nothing is typed.',
    todo: [
      `Log in at ${portal} as the account of ${endpoint}, have it make new backup codes, and put them into the secret as backup_codes, in place of the old ones.`,
      'Better, where the portal has it: set up an authenticator app there, and put its seed into the secret as mfa_seed.',
    ],
  }),
  code_wanted: ({ endpoint, portal, why }) => ({
    title: `A code is wanted: ${endpoint}`,
    happened: `${portal} asks for a one-time code at the login of ${endpoint}, and has sent it to whoever its account names${why ? ` (${why})` : ''}.`,
    safe: 'The login waits for some minutes. Without an answer it ends there, and nothing is typed.',
    todo: [`Give it the code: rcm codes answer ${why.replace('request ', '') || 'REQUEST'}`, 'What waits, and for how long: rcm codes list'],
  }),
  row_and_store_differ: ({ endpoint }) => ({
    title: `Two logins: ${endpoint}`,
    happened: `The row of ${endpoint} holds a login and names no secret, and the store holds another login for it.`,
    safe: 'No agent uses either of them, as nobody can say which one the portal accepts. Both stay where they are.',
    todo: [
      'Find out which of the two is right: ask whoever edited the row, or log in at the portal yourself, once.',
      `Then run: rcm migrate resolve --endpoint ${endpoint} --take row|store --seen VERSION --reason "…" (--dry-run says which version it has)`,
    ],
  }),
  secret_read: ({ endpoint, why }) => ({
    title: `Break-glass: the password of ${endpoint} is read`,
    happened: `A person reads the password of ${endpoint}, at a terminal or on the console’s page, as a second person has approved (${why}).`,
    safe: 'It is shown once at most, and due to be changed when its minutes are over. The audit trail names both people and their reasons.',
    todo: [
      `Nobody told you of it? Ask both, by another way than this one: rcm break-glass list; rcm audit list --org ORG --login ${endpoint}`,
      `It was not meant: rcm login rotate ${endpoint} --kind compromise --reason "…"`,
    ],
  }),
  request_not_done: ({ endpoint, why }) => ({
    title: `Not rotated, though asked for: ${endpoint}`,
    happened: `Somebody asked for a rotation of ${endpoint}, which was not begun and is not tried any more: ${why.replace(/\.$/, '')}.`,
    safe: `No password was made for this request: if others know the one in use, they may still log in with it. ${KEPT}`,
    todo: [
      `See how the login stands, what it waits for and what ends that: rcm login show ${endpoint}`,
      `If others know the password, ask again as soon as nothing is in the way: rcm login rotate ${endpoint} --kind compromise --reason "…"`,
      `Who asked, when and why: rcm audit list --org ORG --login ${endpoint}`,
    ],
  }),
  person_wanted: ({ endpoint, why }) => ({
    title: `Only a person can go on: ${endpoint}`,
    happened: `No program logs in to the account of ${endpoint} any more, and none will by waiting: ${why || 'it is locked, or its budget is spent'}.`,
    safe: `Until somebody says so nothing is typed at its portal for it. ${KEPT}`,
    todo: [
      `See which logins failed, and when: rcm login show ${endpoint}`,
      'Sign in at the portal yourself, once, with the password of the store; if the account is locked, have it unlocked by the portal’s support.',
      `Then run: rcm login unlocked ${endpoint} --reason "…" — what failed before that counts no more.`,
    ],
  }),
  approval_waiting: approvalWords,
};

/** Of a version that came later: agents may be newer than the rotator that sends. */
const unknownKind =
  (kind: string): Words =>
  ({ where, why }) => ({
    title: `${kind}: ${where}`,
    happened: `A newer version of the platform tells of “${kind}” for ${where}${why ? `: ${why}` : ''}. This rotator does not know what that means.`,
    safe: 'This version cannot say what is safe.',
    todo: ['Look the word up under Notifications in the newer version’s docs/rotation.md.', 'Bring the rotators to the newer version, too.'],
  });

/** In words; never anything but ids and what the journal says. */
export function notificationText(
  notification: Pick<Notification, 'kind' | 'endpointId' | 'portalTypeCode' | 'detail'> & Partial<Pick<Notification, 'endedAt'>>,
): NotificationText {
  const { kind, endpointId, portalTypeCode, detail, endedAt = null } = notification;
  const where = endpointId ?? (portalTypeCode === null ? 'everything' : `portal type ${portalTypeCode}`);
  const words: Words = WORDS[kind] ?? unknownKind(kind);
  return words({ endpoint: endpointId ?? 'an endpoint', portal: portalTypeCode ?? 'the portal', why: detail ?? '', where, isOver: endedAt !== null });
}
