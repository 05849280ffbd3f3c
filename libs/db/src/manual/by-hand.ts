import { Prisma } from '../generated/client.ts';

/** Portal types whose passwords a person changes, because its terms ask for a person or because we say so. For a table `p`. */
export const BY_HAND = Prisma.sql`(p.automation = 'assisted' OR (p.automation = 'allowed' AND p.rotation_mode = 'manual'))`;
