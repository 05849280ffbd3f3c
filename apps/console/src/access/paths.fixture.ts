import type { Case } from './cases.fixture.ts';
import type { Act, Page } from './roles.ts';

/** What there is to be looked at and acted on, by organization; `*`: of none. */
export interface Made {
  readonly tasks: ReadonlyMap<string, string>;
  readonly codes: Readonly<Record<Case['organization'], string>>;
  readonly requests: Readonly<Record<Case['organization'] | '*', string>>;
  /** Passwords that somebody else has asked to read. */
  readonly glass: Readonly<Record<Case['organization'], string>>;
  /** Passwords that a rotator waits for, and that somebody else has asked to type. */
  readonly typings: Readonly<Record<Case['organization'], string>>;
  /** One of the migrator that is at work. */
  readonly run: number;
}
type Organization = Case['organization'];

export const loginIn = (organization: string): string => `alpine-${organization.at(-1)}`;

const PATHS: Readonly<Record<Page, (organization: Organization, made: Made) => string>> = {
  fleet: () => '/logins',
  login: (organization) => `/logins/${loginIn(organization)}`,
  rotations: () => '/rotations',
  calendar: () => '/calendar',
  portals: () => '/portals/alpine',
  migration: () => '/migration',
  tasks: (organization, { tasks }) => `/tasks/${tasks.get(organization)}`,
  codes: () => '/codes',
  approvals: () => '/approvals',
  notifications: () => '/notifications',
  audit: () => '/audit',
  access: () => '/access',
  system: () => '/system',
};
export const pagePath = (page: Page, organization: Organization, made: Made): string => `/o/${organization}${PATHS[page](organization, made)}`;

const OF_A_REQUEST = ['approve', 'decline', 'withdraw'];

export function actPath(act: Act, organization: Organization, { tasks, codes, requests, glass, typings, run }: Made): string {
  const [word = '', ...wide] = act.split(' ');
  if (word === 'read') return `/o/${organization}/requests/${glass[organization]}/acts/read`;
  if (word === 'type') return `/o/${organization}/requests/${typings[organization]}/acts/type`;
  if (OF_A_REQUEST.includes(word))
    return wide.length > 0 ? `/all/requests/${requests['*']}/acts/${word}` : `/o/${organization}/requests/${requests[organization]}/acts/${word}`;
  if (word === 'answer') return `/o/${organization}/codes/${codes[organization]}/acts/answer`;
  if (word === 'revoke') return `/o/${organization}/sessions/${crypto.randomUUID()}/acts/revoke`;
  if (act === 'verify audit') return `/o/${organization}/audit/acts/verify`;
  if (act === 'stop migration') return `/all/migration/runs/${run}/acts/stop`;
  if (act === 'dealt-with migration') return '/all/migration/outside/base_backups/acts/dealt-with';
  if (wide.length > 0) return `/all/acts/${word}`;
  return act === 'cancel'
    ? `/o/${organization}/tasks/${tasks.get(organization)}/acts/cancel`
    : `/o/${organization}/logins/${loginIn(organization)}/acts/${act}`;
}
