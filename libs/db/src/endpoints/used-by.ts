import { Prisma } from '../generated/client.ts';

/**
 * The endpoint of the organization whose row names the secret in a column of the query that this stands in, of several the first; no row: nobody. Endpoints of one account
 * have one secret together: that one of them is retired, or was moved, says nothing of the others.
 */
export const usedBy = (row: 'e' | 'u', column: 'retired_secret_arn' | 'secret_arn'): Prisma.Sql =>
  Prisma.raw(`(SELECT min(n.id) FROM integration_endpoint n WHERE n.org_id = ${row}.org_id AND n.secret_arn = ${row}.${column})`);
