import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { checkId, checkLimit, checkUuid } from '../input.ts';
import type { Scope } from '../scope.ts';
import type { LookFinding, LookPart } from './record.ts';

type Seen = Exclude<Scope, 'no tenant'>;

/** A look at a portal's pages. */
export interface PortalLook {
  readonly id: string;
  readonly orgId: string;
  readonly endpointId: string;
  readonly actor: string;
  readonly lookedAt: Date;
  readonly findings: readonly LookFinding[];
  /** Of which parts there are pictures. */
  readonly pictures: readonly LookPart[];
}

/** What was seen of a portal type, by the organization or by any, the newest first. For `rcm_console`. Fails with `input_invalid`. */
export async function listPortalLooks(
  db: Database,
  { code, scope, limit }: { readonly code: string; readonly scope: Seen; readonly limit: number },
): Promise<readonly PortalLook[]> {
  const [portal, most] = [checkId('code', code), checkLimit(limit)];
  return byIndex(
    db,
    scope,
    (tx) => tx.$queryRaw<PortalLook[]>`
      SELECT l.id::text, l.org_id AS "orgId", l.endpoint_id AS "endpointId", l.actor, l.looked_at AS "lookedAt", l.findings,
             ARRAY(SELECT p.part FROM portal_look_picture p WHERE p.look_id = l.id ORDER BY p.part) AS pictures
        FROM portal_look l WHERE l.portal_type_code = ${portal} ${ofOne(scope)} ORDER BY l.looked_at DESC LIMIT ${most}`,
  );
}

/** One picture of a look at that portal type; `null`: there is none there. For `rcm_console`. */
export async function readPortalPicture(
  db: Database,
  { lookId, part, code, scope }: { readonly lookId: string; readonly part: LookPart; readonly code: string; readonly scope: Seen },
): Promise<Uint8Array | null> {
  const [look, portal] = [checkUuid('lookId', lookId), checkId('code', code)];
  const [found] = await byIndex(
    db,
    scope,
    (tx) => tx.$queryRaw<{ png: Uint8Array }[]>`
      SELECT p.png FROM portal_look l JOIN portal_look_picture p ON p.look_id = l.id
       WHERE l.id = ${look}::uuid AND l.portal_type_code = ${portal} AND p.part = ${part} ${ofOne(scope)}`,
  );
  return found?.png ?? null;
}

const ofOne = (scope: Seen): Prisma.Sql => (typeof scope === 'object' ? Prisma.sql`AND l.org_id = ${scope.tenant}` : Prisma.empty);
