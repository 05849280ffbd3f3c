import type { Acting } from './environment.ts';

/** A command that another program of the platform already has: `rcm` gives it the words and the Postgres login, and does nothing by itself. */
export interface Gathered {
  /** How it is called here. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly program: 'rotator' | 'migrator' | 'audit' | 'portal';
  /** `null`: it needs no database. */
  readonly acting: Acting | null;
  /** How it is called there. */
  readonly there: readonly string[];
  /** The first argument is a login, which the program takes as `--endpoint`. */
  readonly namesLogin?: true;
}

const rotator = (name: string, summary: string): Gathered => ({ path: [name], summary, program: 'rotator', acting: 'rotator', there: [name] });
const ofLogin = (name: string, summary: string): Gathered => ({ ...rotator(name, summary), path: ['login', name], namesLogin: true });
const whole = (path: string, program: Gathered['program'], acting: Acting | null, summary: string): Gathered => ({
  path: [path],
  summary,
  program,
  acting,
  there: [],
});

const ACTS = [
  ['set', 'store a password that a person knows, from a prompt or stdin, once one login has proved it'],
  ['verify', 'one login with what the store holds: does the portal accept it?'],
  ['look', 'open its portal’s pages without logging in: are they as the recipe says?'],
  ['rotate', 'rotate one login now, or go on with its open attempt'],
  ['retry', 'try a refused password now, then search the copies for the one that the portal accepts'],
  ['unlocked', 'note that the portal’s support has unlocked the account'],
  ['forget-device', 'use no longer what the portal knows the device by'],
  ['logged-in', 'note that a person logged in at the portal, so that it counts as used'],
  ['recertified', 'note that a person recertified it at the portal'],
  ['resolve', 'decide about a blocked login: which password does the portal accept?'],
  ['rollback', 'rotate forward to the previous password'],
] as const;

export const GATHERED: readonly Gathered[] = [
  ...ACTS.map(([name, summary]) => ofLogin(name, summary)),
  // As the rotator has them, for whoever knows them so.
  ...ACTS.filter(([name]) => !['set', 'verify', 'look'].includes(name)).map(([name, summary]) => rotator(name, `${summary} (--endpoint ID)`)),
  rotator('status', 'who holds what, what is open, paused or stopped, what people were told'),
  rotator('pause', 'let no rotation start: --all, --portal-type CODE or --endpoint ID'),
  rotator('resume', 'let rotations start again'),
  rotator('recover', 'go on with rotations whose rotator is gone or whose wait is over'),
  rotator('copies', 'compare the copies in the second region, and mend those that are behind'),
  rotator('backup', 'write every login of every store into files that only people’s keys open: --out DIR --reason TEXT'),
  rotator('restore', 'put logins whose secret is gone back out of a backup: FILE --identity FILE --reason TEXT'),
  rotator('keys', 'what is under which key'),
  {
    ...rotator('break-glass', 'show the password that was approved, once, at this terminal: REQUEST'),
    path: ['break-glass', 'read'],
  },
  {
    ...rotator('save', 'create a portal type or bring it up to date: FILE, or --request of an approved change, --reason TEXT'),
    path: ['portal-type', 'save'],
    acting: 'owner',
    there: ['save-portal-type'],
  },
  {
    ...rotator('decide', 'say whether a portal’s terms let a program log in: CODE --automation allowed|assisted|forbidden'),
    path: ['portal-type', 'decide'],
    acting: 'owner',
    there: ['decide-portal-type'],
  },
  whole('migrate', 'migrator', 'migrator', 'move plaintext logins out of Postgres: plan, apply, verify, scrub, rollback, resolve, stop, status, runs, report'),
  whole('audit', 'audit', 'auditor', 'the audit trail: list, export, stream, verify, heads, key'),
  whole('portal', 'portal', null, 'recipes by hand: lint, upgrade, try, doctor'),
];

/** Which of them the words call, and what is left for it; `null`: none. `audit list` reads the trail as an operator sees it, and is of this program. */
export function gatheredFor(argv: readonly string[]): { readonly command: Gathered; readonly rest: readonly string[] } | null {
  if (argv[0] === 'audit' && argv[1] === 'list') return null;
  const command = GATHERED.find(({ path }) => path.every((word, i) => argv[i] === word));
  return command ? { command, rest: argv.slice(command.path.length) } : null;
}
