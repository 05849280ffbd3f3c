import type { MetricDefinition } from './definition.ts';

/** Every rotator counts the same books: several say the same, and the highest is taken. */
const BOOKS = { kind: 'gauge', unit: 'count', by: ['rotator'], source: 'Postgres, every minute' } as const;

/** What the books say of all organizations together. */
export const FLEET_METRICS = {
  rcm_logins_refused: {
    ...BOOKS,
    source: 'Postgres, every RCM_ROTATOR_MEND_SCAN_MS',
    meaning: 'Logins that were refused with what the store holds and have not got in since; 1,000 at most.',
  },
  rcm_logins_known_bad: { ...BOOKS, meaning: 'Logins whose password was called bad and cools down now.' },
  rcm_logins_locked: { ...BOOKS, meaning: 'Logins that their portal has locked.' },
  rcm_logins_overdue: { ...BOOKS, meaning: 'Logins whose rotation has been due for more than a day, however often it was put off or tried in vain since.' },
  rcm_logins_expiring: { ...BOOKS, meaning: 'Logins whose password the portal lets expire within 3 days, or has.' },
  rcm_rotations_blocked: { ...BOOKS, meaning: 'Rotations that wait for a person.' },
  rcm_rotations_open: { ...BOOKS, meaning: 'Rotations that have begun and not ended.' },
  rcm_portal_types_stopped: { ...BOOKS, meaning: 'Portal types whose rotations are stopped because they fail.' },
  rcm_portal_types_ill: { ...BOOKS, meaning: 'Portal types that refuse many logins with passwords that had worked.' },
  rcm_backup_age_seconds: {
    ...BOOKS,
    ...{ unit: 'seconds', source: 'Postgres, every 5 minutes, and the clock' },
    meaning: 'Since the newest backup of every organization’s secrets began, where RCM_BACKUP_RECIPIENTS is set; since 1970 where there never was one.',
  },
  rcm_books_age_seconds: {
    ...BOOKS,
    ...{ unit: 'seconds', source: 'the clock, when it is asked' },
    meaning: 'Since the books were last counted, or the process began.',
  },
} as const satisfies Record<string, MetricDefinition>;
