import type { LoginInFull } from '@rcm/db/fleet';
import type { LoginAct } from '../acts/acts.ts';

/** Failures that the portal must still forgive before a rotation starts. */
const TO_ROTATE = 2;

/**
 * What an act would meet at this login now, by its books: what the dry run of its command says. Nothing is asked of a store or a portal for it, and the act itself looks once more. `null`: nothing in the
 * books speaks for or against it.
 */
export const standsNow = ({ act }: Pick<LoginAct, 'act'>, login: LoginInFull): string | null => STANDS[act](login);

const STANDS: Readonly<Record<LoginAct['act'], (login: LoginInFull) => string | null>> = {
  verify: (login) => refused(login) ?? refusedWhileRotated(login) ?? spends(login),
  set: (login) => refused(login) ?? refusedWhileRotated(login) ?? spends(login),
  retry: (login) => refused(login) ?? spends(login),
  unlocked: (login) => refused(login) ?? left(login),
  resolve: (login) => spends(login),
  rotate: (login) => refused(login) ?? (login.attempt ? `goes on with its rotation that is ${login.attempt.state}` : rotates(login)),
  rollback: (login) => refused(login) ?? rotates(login),
  break_glass: ({ attempt }) => attempt && `a rotation of it is ${attempt.state}: the portal may accept another password than the one that is read`,
  look: () => null,
  pause: () => null,
  resume: () => null,
};

function refused({ retiredAt, stored }: LoginInFull): string | null {
  if (retiredAt) return 'refused, as the login is used no more';
  return stored ? null : 'refused, as no store holds its password yet';
}

const refusedWhileRotated = ({ attempt }: LoginInFull): string | null => attempt && `refused, as a rotation of it is ${attempt.state}`;

function left({ budget }: LoginInFull): string {
  if (budget === null) return 'nobody has logged in with it yet';
  return `${budget.failuresLeft} of ${budget.of} failed logins left${budget.why ? ` (${budget.why.replace('_', ' ')})` : ''}`;
}

/** Of what makes a login at the portal. */
const spends = (login: LoginInFull): string => (login.budget?.failuresLeft === 0 ? `no login is made, as there are ${left(login)}` : left(login));

function rotates(login: LoginInFull): string {
  if (login.automation !== 'allowed') return 'refused, as no program logs in at this portal';
  if (login.rotationMode === 'manual') return 'refused, as people change the passwords of this portal';
  if (login.oldReaders) return 'refused, as plaintext of it still lies in its row';
  if (login.shared) return 'refused, as it also lies under another secret or in another organization';
  if (login.pauses.length > 0) return 'refused, as rotations are paused';
  if (login.portalStopped) return 'refused, as the rotations of its portal type are stopped';
  if (login.budget !== null && login.budget.failuresLeft < TO_ROTATE)
    return `refused, as a rotation starts with ${TO_ROTATE} failed logins to spare, and there are ${left(login)}`;
  return left(login);
}
