import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { checkLimit, checkUuid } from '../input.ts';

/** `outdated`: the portal type has changed since it was proposed, so nobody can approve or save it. */
export type PortalChangeState = 'undecided' | 'approved' | 'declined' | 'saved' | 'outdated';

/** What somebody has proposed that a portal type is to be. */
export interface PortalChange {
  readonly id: string;
  readonly code: string;
  readonly state: PortalChangeState;
  readonly actor: string;
  readonly reason: string;
  readonly proposedAt: Date;
  readonly decidedBy: string | null;
  readonly decisionReason: string | null;
  readonly decidedAt: Date | null;
  readonly savedAt: Date | null;
}
export interface PortalChangeInFull extends PortalChange {
  /** As `upsertPortalType` takes it, and unchecked: whoever may propose has written it. */
  readonly document: Readonly<Record<string, unknown>>;
}

const COLUMNS = Prisma.sql`
  c.id::text, c.portal_type_code AS code, c.actor, c.reason, c.proposed_at AS "proposedAt", c.decided_by AS "decidedBy", c.decision_reason AS "decisionReason", c.decided_at AS "decidedAt",
  c.saved_at AS "savedAt",
  CASE WHEN c.saved_at IS NOT NULL THEN 'saved' WHEN c.decision = 'declined' THEN 'declined'
       WHEN c.stood IS DISTINCT FROM rcm_portal_type_stands(c.portal_type_code) THEN 'outdated' ELSE coalesce(c.decision, 'undecided') END AS state`;

/** The newest first. For `rcm_operator`, `rcm_console`. */
export async function listPortalChanges(db: Database, { limit }: { readonly limit: number }): Promise<readonly PortalChange[]> {
  const most = checkLimit(limit);
  return byIndex(db, 'no tenant', (tx) => tx.$queryRaw<PortalChange[]>`SELECT ${COLUMNS} FROM portal_type_change c ORDER BY c.proposed_at DESC LIMIT ${most}`);
}

/** One, with the whole document; `null`: there is none. For `rcm_operator`, `rcm_console`, and the tables' owner. */
export async function showPortalChange(db: Database, { id }: { readonly id: string }): Promise<PortalChangeInFull | null> {
  checkUuid('id', id);
  const [found] = await byIndex(
    db,
    'no tenant',
    (tx) => tx.$queryRaw<PortalChangeInFull[]>`SELECT ${COLUMNS}, c.document FROM portal_type_change c WHERE c.id = ${id}::uuid`,
  );
  return found ? { ...found, document: renamed(found.document) } : null;
}

/** A version that called the propagation delay `settleMs` may have proposed it. Where both are said, whoever saves it refuses that. */
function renamed({ settleMs, ...document }: PortalChangeInFull['document']): PortalChangeInFull['document'] {
  if (settleMs === undefined) return document;
  return 'propagationDelayMs' in document ? { ...document, settleMs } : { ...document, propagationDelayMs: settleMs };
}
