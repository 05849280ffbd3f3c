import type { Database } from '../database.ts';
import { checkId, jsonText } from '../input.ts';

/** What was found of one thing that a recipe expects on a portal's pages, as `portal doctor` says it. */
export interface LookFinding {
  readonly part: 'login' | 'session';
  readonly what: string;
  readonly state: 'there' | 'absent' | 'unseen' | 'missing' | 'unexpected';
  readonly detail: string | null;
}

export const LOOK_PARTS = ['login', 'session'] as const;
export type LookPart = (typeof LOOK_PARTS)[number];

/** A picture of a page, with every field covered. */
export interface LookPicture {
  readonly part: LookPart;
  readonly png: Uint8Array;
}

export interface NewPortalLook {
  readonly orgId: string;
  readonly endpointId: string;
  readonly portalTypeCode: string;
  /** Who asked for it. */
  readonly actor: string;
  readonly findings: readonly LookFinding[];
  readonly pictures: readonly LookPicture[];
}

/** Of one organization at one portal type: the last one, and some to compare it with. */
const KEPT = 3;
const MOST_FINDINGS = 200;
const LONGEST = 300;
/** What the table takes. A picture that is larger is left out, and the page says that there is none. */
const LARGEST_PICTURE = 1_048_576;

/** Keeps what was seen, and lets the oldest go that nobody needs. Fails with `input_invalid`. For `rcm_rotator`. */
export async function recordPortalLook(db: Database, look: NewPortalLook): Promise<void> {
  const [orgId, endpointId, code] = [checkId('orgId', look.orgId), checkId('endpointId', look.endpointId), checkId('portalTypeCode', look.portalTypeCode)];
  const findings = jsonText(
    'findings',
    look.findings.slice(0, MOST_FINDINGS).map(({ part, state, what, detail }) => ({ part, state, what: short(what), detail: detail && short(detail) })),
  );
  const pictures = look.pictures.filter(({ png }) => png.byteLength <= LARGEST_PICTURE);
  await db.transaction({ tenant: orgId }, async (tx) => {
    const [made] = await tx.$queryRaw<{ id: string }[]>`
      INSERT INTO portal_look (org_id, endpoint_id, portal_type_code, actor, findings) VALUES (${orgId}, ${endpointId}, ${code}, ${look.actor}, ${findings}::jsonb) RETURNING id::text`;
    if (!made) throw new Error('a statement without a row');
    for (const { part, png } of pictures)
      await tx.$executeRaw`INSERT INTO portal_look_picture (look_id, part, org_id, png) VALUES (${made.id}::uuid, ${part}, ${orgId}, ${png})`;
    await tx.$executeRaw`
      DELETE FROM portal_look WHERE org_id = ${orgId} AND id IN (
        SELECT l.id FROM portal_look l WHERE l.org_id = ${orgId} AND l.portal_type_code = ${code} ORDER BY l.looked_at DESC, l.id OFFSET ${KEPT} LIMIT 1000)`;
  });
}

/** Half of a surrogate pair is no text. */
const short = (text: string): string => text.slice(0, LONGEST).toWellFormed();
