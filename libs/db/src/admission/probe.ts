import { Prisma } from '../generated/client.ts';

/**
 * Whether a stopped portal type may be tried again, of a row `g` of `portal_gate`. `probeMs` after it was stopped at first; the pauses grow with the time for which trying was in
 * vain, to six hours: each try is one more account at a portal that fails them all.
 */
export const mayProbe = (probeMs: number): Prisma.Sql => Prisma.sql`
  coalesce(greatest(g.opened_at, g.probed_at)
           + greatest(make_interval(secs => ${probeMs}::float8 / 1000), least(coalesce(g.probed_at - g.opened_at, interval '0'), interval '6 hours')) <= clock_timestamp(), true)`;
