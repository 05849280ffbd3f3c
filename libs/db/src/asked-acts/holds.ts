import { Prisma } from '../generated/client.ts';

/**
 * Of a request `r`: its login stands as it stood when it was asked, where it is about that at all. The triggers of the schema ask the same before anybody approves or
 * takes it.
 */
export const HOLDS = Prisma.sql`r.kind NOT IN ('rollback', 'resolve') OR (r.login_stood = rcm_login_stands(r.org_id, r.endpoint_id)) IS TRUE`;
