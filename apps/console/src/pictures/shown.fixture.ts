/** A page of the demo, and how it is looked at. */
export interface Picture {
  readonly page: string;
  readonly path: string;
  /** Default: who asks and does. */
  readonly as?: 'olga' | 'arno';
  readonly looks: readonly Look[];
}
/** Light or dark, and as many pixels wide: a telephone, a notebook, a wall. */
export type Look = `${'light' | 'dark'}-${400 | 1280 | 3840}`;

const EVERY_WIDTH: readonly Look[] = ['light-400', 'light-1280', 'light-3840', 'dark-1280'];

/** Each picture of docs/console.md. What has a countdown comes first. */
export const PICTURES: readonly Picture[] = [
  { page: 'codes', path: '/all/codes', looks: ['light-400', 'dark-1280'] },
  { page: 'fleet', path: '/o/hospital-1/logins?portal=alpine', looks: EVERY_WIDTH },
  { page: 'login', path: '/o/hospital-1/logins/alpine-failing', looks: EVERY_WIDTH },
  { page: 'calendar', path: '/all/calendar?day=2031-06-03', looks: ['light-1280', 'dark-1280'] },
  { page: 'approvals', path: '/all/approvals', as: 'arno', looks: ['light-1280'] },
  { page: 'portal', path: '/all/portals/alpine', looks: ['light-1280', 'dark-1280'] },
];

/** As the file of a picture is called. */
export const nameOf = (page: string, look: Look): string => `${page}-${look}.png`;
