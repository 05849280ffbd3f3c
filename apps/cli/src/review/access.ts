import type { Database } from '@rcm/db';
import { type AskedAct, listBreakGlass } from '@rcm/db/acts';
import { type Doing, type FleetLogin, listAudit, type ListedEvent, listLogins, type LoginFilter, whoDid } from '@rcm/db/fleet';
import { organizationNamed } from '../organization.ts';
import type { Quarter } from './quarter.ts';

/** What may be told of one list; more is said to be there. */
const MOST = 1_000;

interface Cut<T> {
  readonly rows: readonly T[];
  readonly hasMore: boolean;
}

/** Who could have got at one organization's logins in a quarter, who did, and what is left over. */
export interface AccessReview {
  readonly organization: { readonly id: string; readonly name: string };
  readonly quarter: Quarter;
  readonly did: Cut<Doing>;
  /** Of people and of whoever changed rows by SQL, each with its reason, the newest first. */
  readonly acts: Cut<ListedEvent>;
  readonly breakGlass: Cut<AskedAct>;
  /** As it stands now. */
  readonly logins: Readonly<Record<Look, Cut<FleetLogin>>>;
}

const LOOKS = ['overdue', 'neverUsed', 'shared', 'failing'] as const;
type Look = (typeof LOOKS)[number];

const cut = <T>(rows: readonly T[]): Cut<T> => ({ rows: rows.slice(0, MOST), hasMore: rows.length > MOST });

/** Fails with `input_invalid` where there is no such organization. */
export async function reviewAccess(db: Database, { orgId, quarter }: { readonly orgId: string; readonly quarter: Quarter }): Promise<AccessReview> {
  const organization = await organizationNamed(db, orgId);
  const span = { orgId, from: quarter.from, until: quarter.until };
  const looks: Readonly<Record<Look, LoginFilter>> = {
    overdue: { orgId, late: true },
    neverUsed: { orgId, neverUsed: true },
    shared: { orgId, shared: true },
    failing: { orgId, failing: true },
  };
  const events = await Promise.all(
    ['person:', 'sql:'].map((actor) => listAudit(db, { question: { orgId, from: quarter.from, to: quarter.until, actor }, limit: MOST })),
  );
  const acts = events.flatMap((page) => page.events).sort((one, other) => other.seq - one.seq);
  const logins = {} as Record<Look, Cut<FleetLogin>>;
  for (const look of LOOKS) {
    const { logins: found, next } = await listLogins(db, { filter: looks[look], after: null, limit: MOST });
    logins[look] = { rows: found, hasMore: next !== null };
  }
  return {
    organization,
    quarter,
    did: cut(await whoDid(db, { ...span, limit: MOST + 1 })),
    acts: { rows: acts.slice(0, MOST), hasMore: events.some(({ next }) => next !== null) || acts.length > MOST },
    breakGlass: cut(await listBreakGlass(db, { within: span, limit: MOST + 1 })),
    logins,
  };
}
