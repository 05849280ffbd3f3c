/**
 * What one of each costs, measured on two cores on 2026-11-29 at portals that take 250 ms a page: tasks by `npm run bench -- agents`; rotations by four rounds of 24 of what `-- rotation`
 * has the product do, by itself; what is written ahead by `-- written`, without whole pages; rows as `-- scale` counts them, of a fleet of 20,000 logins.
 * Seconds are a processor's, unless they are called otherwise; of program and browser together, or of the database.
 */
export const UNIT_COSTS = {
  /** With a login of its own. */
  task: { processorSeconds: 0.98, databaseSeconds: 0.023, walBytes: 13_800, storeCalls: 1, ledgerRows: 1, auditRows: 2 },
  /** Of a login whose session was kept. */
  sessionTask: { processorSeconds: 0.54, databaseSeconds: 0.015, walBytes: 11_500, storeCalls: 0, ledgerRows: 0, auditRows: 2 },
  /** From when it is asked for to its end, where nothing else is to be done; a clock's. */
  taskAloneSeconds: 2.65,
  /** `contextSeconds`: how long contexts are open for it, a clock's. A session that signs out has given its place away, so that it holds one for a fifth less. */
  rotation: { processorSeconds: 1.5, contextSeconds: 6.4, databaseSeconds: 0.055, walBytes: 21_900, storeCalls: 19, ledgerRows: 2, auditRows: 5 },
  /** With the indexes. */
  rowBytes: { login: 1_527, task: 611, ledger: 869, rotation: 681, audit: 251 },
} as const;

export type UnitCosts = typeof UNIT_COSTS;
