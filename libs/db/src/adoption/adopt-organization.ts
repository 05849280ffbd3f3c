import { writeAuditEvent } from '../audit/record.ts';
import type { Database } from '../database.ts';
import type { PersonalChange } from '../endpoints/seed.ts';
import { checkId } from '../input.ts';

export interface WantedOrganization {
  readonly source: string;
  readonly kind: 'firm' | 'hospital';
  /** What the source calls it. */
  readonly sourceId: string;
  /** What it is called here, if it is new. */
  readonly orgId: string;
  /** A person has said that it is this organization. */
  readonly said: boolean;
  /** `null`: the source has none. */
  readonly name: string | null;
  readonly parentId: string | null;
}

/** `changed`: it is there, with another name or another firm above it; it stays as it is. `taken`: an organization by this id is there and nobody has said that it is this one. */
export type OrganizationState = 'new' | 'known' | 'changed' | 'taken' | 'missing';

/** `missing`: a person has said which one it is, and there is none. */
export async function organizationState(db: Database, wanted: WantedOrganization): Promise<OrganizationState> {
  const { source, kind, sourceId, said } = wanted;
  const orgId = checkId('organization id', wanted.orgId);
  const [row] = await db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ name: string; parentId: string | null; adopted: boolean }[]>`
      SELECT o.name, o.parent_id AS "parentId",
             EXISTS (SELECT FROM adopted_id a WHERE a.source = ${source} AND a.kind = ${kind} AND a.source_id = ${sourceId} AND a.org_id = o.id) AS adopted
        FROM organization o WHERE o.id = ${orgId}`,
  );
  if (!row) return said ? 'missing' : 'new';
  if (!row.adopted && !said) return 'taken';
  // Of one that a person has named, the source does not say what it is called.
  if (said) return 'known';
  return row.name === nameOf(wanted) && row.parentId === wanted.parentId ? 'known' : 'changed';
}

/** Makes it, with what the source calls it and the audit event in the same transaction; `taken`: somebody else did so meanwhile. May be repeated. */
export async function adoptOrganization(db: Database, wanted: WantedOrganization, { actor, reason }: PersonalChange): Promise<'added' | 'known' | 'taken'> {
  const { source, kind, sourceId, orgId, parentId, said } = wanted;
  return db.transaction({ tenant: orgId }, async (tx) => {
    const added = said
      ? 0
      : await tx.$executeRaw`INSERT INTO organization (id, name, parent_id) VALUES (${orgId}, ${nameOf(wanted)}, ${parentId}) ON CONFLICT (id) DO NOTHING`;
    const [adopted] = await tx.$queryRaw<object[]>`
      SELECT 1 FROM adopted_id WHERE source = ${source} AND kind = ${kind} AND source_id = ${sourceId} AND org_id = ${orgId}`;
    if (adopted) return 'known';
    if (added === 0 && !said) return 'taken';
    await tx.$executeRaw`INSERT INTO adopted_id (source, kind, source_id, org_id) VALUES (${source}, ${kind}, ${sourceId}, ${orgId})`;
    await writeAuditEvent(tx, {
      orgId,
      actor,
      action: added > 0 ? 'organization.added' : 'organization.adopted',
      subject: orgId,
      reason,
      details: { parentId, source, sourceId },
    });
    return added > 0 ? 'added' : 'known';
  });
}

const LONGEST_NAME = 200;
const nameOf = ({ name, orgId }: WantedOrganization): string => name?.trim().slice(0, LONGEST_NAME) || orgId;
