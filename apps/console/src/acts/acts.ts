import type { ActKind, AskedResolution } from '@rcm/db/acts';
import type { Act } from '../access/roles.ts';

/** An act on one login, as its button says it. */
export interface LoginAct {
  readonly act: Extract<Act, ActKind | 'pause' | 'resume' | 'break_glass' | 'set'>;
  /** Of `resolve`: what the person says that the portal accepts. */
  readonly choice?: AskedResolution;
  readonly title: string;
  /** What it does and what it may cost. */
  readonly does: string;
  readonly command: (login: string) => string;
}

const SECOND = 'A second person approves it first.';

/** In the order of how little they cost. */
export const LOGIN_ACTS: readonly LoginAct[] = [
  {
    act: 'verify',
    title: 'Verify',
    does: 'One login with what the store holds: does the portal accept it? Spends one login of the budget where the portal refuses it. Changes no password.',
    command: (login) => `rcm login verify ${login} --reason "…"`,
  },
  {
    act: 'look',
    title: 'Look at the portal',
    does: 'Opens the pages of its portal as somebody who does not log in, and compares them with the recipe. No credential is read and nothing is typed, so it costs no login; the portal sees a visit. What is seen, with pictures in which every field is covered, is on the page Portals.',
    command: (login) => `rcm login look ${login} --reason "…"`,
  },
  {
    act: 'retry',
    title: 'Retry',
    does: 'The stored password is right and cools down after a refusal: it is tried now, and where it is refused again the kept copies are searched for the one that the portal accepts. Stays inside the budget.',
    command: (login) => `rcm login retry ${login} --reason "…"`,
  },
  {
    act: 'unlocked',
    title: 'Unlocked',
    does: 'The portal’s support has unlocked the account: failures from before you say so count no more. Say so only once they have done it.',
    command: (login) => `rcm login unlocked ${login} --reason "…"`,
  },
  {
    act: 'set',
    title: 'Set the password',
    does: 'You know the password that the portal accepts, or have a new seed of its one-time codes. A rotator is asked to wait for it, for five minutes; then this page leads to a form, and what you type there is sealed for that rotator. One login with it proves it first, and spends one of the budget where the portal refuses it; nothing else is sent to the portal. Refused while a rotation of it is open.',
    command: (login) => `rcm login set ${login} --reason "…"`,
  },
  {
    act: 'rotate',
    title: 'Rotate now',
    does: 'Changes the password at the portal now, whatever its date. Tasks at this login wait meanwhile. It cannot be taken back, only rolled forward.',
    command: (login) => `rcm login rotate ${login} --reason "…"`,
  },
  {
    act: 'rollback',
    title: 'Roll back',
    does: `Changes the password at the portal to the one before it, by a rotation of its own; tasks at this login wait meanwhile. Refused before anything is touched where the portal remembers old passwords or wants another enough one. ${SECOND}`,
    command: (login) => `rcm login rollback ${login} --reason "…"`,
  },
  {
    act: 'resolve',
    choice: 'current',
    title: 'Resolve: accept the current password',
    does: `You say that the portal accepts what the store holds now. One login proves it; where the portal refuses it, that counts as a failed login and nothing else has changed. Once proved, the blocked rotation ends and agents log in again. ${SECOND}`,
    command: (login) => `rcm login resolve ${login} --accept current --reason "…"`,
  },
  {
    act: 'resolve',
    choice: 'found',
    title: 'Resolve: search for the one it accepts',
    does: `Asks the portal about the stored passwords, inside the budget, until it accepts one, which becomes the current one. Each refusal counts as a failed login; where none is accepted, nothing has changed. ${SECOND}`,
    command: (login) => `rcm login resolve ${login} --accept found --reason "…"`,
  },
  {
    act: 'pause',
    title: 'Pause rotations',
    does: 'No rotation of this login starts from now on. One under way ends; agents go on.',
    command: (login) => `rcm pause --endpoint ${login} --reason "…"`,
  },
  {
    act: 'resume',
    title: 'Resume rotations',
    does: 'Ends the pause of this login.',
    command: (login) => `rcm resume --endpoint ${login} --reason "…"`,
  },
  {
    act: 'break_glass',
    title: 'Break-glass: read the password',
    does: `For the day on which nothing else helps. Once it is approved you have that many minutes to read the password, once: at your own terminal (rcm break-glass read), signed in as here, or on this page where that is allowed. People are told before it is shown, and it is due to be changed when the minutes are over. ${SECOND}`,
    command: (login) => `rcm break-glass request ${login} --minutes 15 --reason "…"`,
  },
];

/** Those that this console has: a password is typed only where that is on. */
export const actsHere = ({ takesPasswords }: { readonly takesPasswords: boolean }): readonly LoginAct[] =>
  LOGIN_ACTS.filter(({ act }) => act !== 'set' || takesPasswords);

/** What an act on portal types says of itself. */
export const WIDE_ACTS = {
  pause: {
    title: 'Pause rotations',
    does: `No rotation starts there from now on; those under way end, and agents go on. Passwords that expire meanwhile are not changed in time. ${SECOND}`,
    command: 'rcm pause --all --reason "…", or --portal-type CODE',
  },
  resume: {
    title: 'Resume rotations',
    does: `Ends that pause, and for a portal type closes its breaker: rotations start again, the first one alone. Pauses of single logins stay. Refused where it was paused or stopped anew since you have asked. ${SECOND}`,
    command: 'rcm resume --all --reason "…", or --portal-type CODE',
  },
} as const;
