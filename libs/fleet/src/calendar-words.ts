import type { CalendarKind } from '@rcm/db/fleet';

/** What comes for a login, as a person reads it. */
export const CALENDAR_WORDS: Readonly<Record<CalendarKind, string>> = {
  rotation: 'change the password',
  password_expires: 'the password expires',
  keep_alive: 'log in, so that it counts as used',
  dormant: 'disabled for want of a login',
  recertify: 'recertify',
  verify: 'see whether the stored password is accepted',
};
