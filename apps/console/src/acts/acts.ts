import type { Act } from '../access/roles.ts';

/** An act on one login, as its button says it. */
export interface LoginAct {
  readonly act: Exclude<Act, 'cancel'>;
  readonly title: string;
  /** What it does and what it may cost. */
  readonly does: string;
  readonly command: (login: string) => string;
}

/** In the order of how little they cost. */
export const LOGIN_ACTS: readonly LoginAct[] = [
  {
    act: 'verify',
    title: 'Verify',
    does: 'One login with what the store holds: does the portal accept it? Spends one login of the budget where the portal refuses it. Changes no password.',
    command: (login) => `rcm login verify ${login} --reason "…"`,
  },
  {
    act: 'retry',
    title: 'Retry',
    does: 'The stored password is right and rests after a refusal: it is tried now, and where it is refused again the kept copies are searched for the one that the portal accepts. Stays inside the budget.',
    command: (login) => `rcm login retry ${login} --reason "…"`,
  },
  {
    act: 'unlocked',
    title: 'Unlocked',
    does: 'The portal’s support has unlocked the account: failures before now count no more. Say so only once they have done it.',
    command: (login) => `rcm login unlocked ${login} --reason "…"`,
  },
  {
    act: 'rotate',
    title: 'Rotate now',
    does: 'Changes the password at the portal now, whatever its date. Tasks at this login wait meanwhile. It cannot be taken back, only rolled forward.',
    command: (login) => `rcm login rotate ${login} --reason "…"`,
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
];
