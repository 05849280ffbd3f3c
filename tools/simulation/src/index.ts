/**
 * A simulated environment in which the product's own rotation, guarded login and judgement run against models of everything around them, under one seeded
 * scheduler with virtual time. Purpose: to find, before anybody's account does, what is wrong with them. It must never share code with
 * the product in what it judges by: the oracle knows portals' records, stores' contents and the clock.
 */
export { FINDING_KINDS, type Finding, type FindingKind } from './oracle/finding.ts';
export { addSeed, type Figures, hasFailed, noFigures } from './run/figures.ts';
export { runSeeds } from './run/workers.ts';
