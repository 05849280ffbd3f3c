/** Every page on which something stands that others have written, with these tasks of hospital-1. */
export const pagesOf = (tasks: readonly string[]): readonly string[] => [
  '/',
  '/all/logins',
  '/all/tasks?show=all',
  '/all/system',
  '/all/approvals',
  '/all/rotations',
  '/o/hospital-1/rotations',
  '/all/portals',
  '/all/portals/alpine',
  '/all/migration',
  '/all/codes',
  '/o/hospital-1/codes',
  '/o/hospital-1/approvals',
  '/all/notifications',
  '/o/hospital-1/notifications',
  '/o/hospital-1/logins',
  '/o/hospital-1/audit',
  '/all/access',
  '/o/hospital-1/logins/alpine-locked/set',
  '/o/hospital-1/logins/alpine-well/set',
  '/nothing',
  ...['alpine-failing', 'alpine-blocked', 'alpine-well-3', 'alpine-locked', 'alpine-well'].map((id) => `/o/hospital-1/logins/${id}`),
  ...tasks.map((id) => `/o/hospital-1/tasks/${id}`),
];

/** Pages that are asked for something by a query. */
export const ASKED = [
  '/all/logins',
  '/o/hospital-1/logins',
  '/o/hospital-1/logins/alpine-well',
  '/o/hospital-1/logins/alpine-locked/set',
  '/all/tasks',
  '/all/rotations',
  '/all/notifications',
  '/o/hospital-1/calendar',
  '/o/hospital-1/audit',
  '/sign-in',
  '/nothing',
];

/** Forms that no page of the console has sent; the token `own` is that of the session, `another` that of another one. */
export const FORGED: readonly (readonly [what: string, fields: { readonly token?: string }, headers: Readonly<Record<string, string>>])[] = [
  ['no token', {}, {}],
  ['a token of nobody', { token: 'A'.repeat(43) }, {}],
  ['the token of another session', { token: 'another' }, {}],
  ['a page of another site', { token: 'own' }, { origin: 'https://evil.example' }],
  ['a page that hides where it is from', { token: 'own' }, { origin: 'null' }],
  ['a browser that says that another site sent it', { token: 'own' }, { 'sec-fetch-site': 'cross-site' }],
];
