import type { Condition } from './condition.ts';
import type { LoginWords } from './outcomes.ts';
import type { Step } from './step.ts';

/** The address that RFC 8615's registry keeps for this purpose: portals that know it send the browser on to their form. */
const CHANGE_ADDRESS = '/.well-known/change-password';

/** The login of a portal whose page declares its fields: everything on one page, or user name, password and code one after the other. */
export const plainLogin = (open: string): Step[] => [
  { open },
  { fill: { into: { declared: 'username' }, with: { credential: 'username' } } },
  { optional: { when: { gone: { declared: 'current-password' } }, steps: [{ press: { declared: 'submit' } }] } },
  { fill: { into: { declared: 'current-password' }, with: { credential: 'password' } } },
  { press: { declared: 'submit' }, submit: true },
  {
    optional: {
      when: { visible: { declared: 'one-time-code' } },
      steps: [{ totp: { into: { declared: 'one-time-code' } } }, { press: { declared: 'submit' } }],
    },
  },
];

/** The change of a portal whose page declares its fields; the current password is typed where it is asked for. */
export const plainChange = (open: string = CHANGE_ADDRESS): Step[] => [
  { open },
  {
    optional: {
      when: { all: [{ visible: { declared: 'new-password' } }, { visible: { declared: 'current-password' } }] },
      steps: [{ fill: { into: { declared: 'current-password' }, with: { credential: 'password' } } }],
    },
  },
  { fill: { into: { declared: 'new-password' }, with: { credential: 'new_password' } } },
  { press: { declared: 'submit' }, submit: true },
];

/**
 * A page that declares the user name's field, or asks for a password without asking for a new one. What only looks like a
 * user name's field is no sign: a search for members has one, too.
 */
const PLAIN_LOGGED_OUT: Condition = {
  any: [
    { visible: { css: 'input[autocomplete~="username" i]' } },
    { all: [{ visible: { declared: 'current-password' } }, { gone: { declared: 'new-password' } }] },
  ],
};

/** What shows that the session holds, where the recipe says no more than how a login is accepted. */
export function plainSession(accepted: readonly LoginWords[]): { open: string; logged_in: Condition; logged_out: Condition } {
  const marks = accepted.map((entry) => entry.when);
  const [only] = marks;
  return {
    open: '/',
    logged_in: marks.length === 1 && only ? only : { any: marks.slice(0, 10) },
    logged_out: PLAIN_LOGGED_OUT,
  };
}
