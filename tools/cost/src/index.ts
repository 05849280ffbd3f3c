/**
 * `npm run cost`: what the secret stores cost a month, from the counts of a deployment. It reads numbers of rows and nothing else,
 * asks no store and no price list, and writes nothing.
 */
export { workOf } from './capacity/fleet.ts';
export { UNIT_COSTS } from './capacity/unit-costs.ts';
export { runCost, type Terminal } from './cli.ts';
