/** For measurements of this package at a size: a fleet that is made, every operation that looks over it, and what each costs. Only for throw-away servers. */
export { accountAt, growFleet, PER_ORGANIZATION, portalTypes } from './fleet.ts';
export { type Cost, Measurer } from './measure.ts';
export { makeFleet } from './make.ts';
export { NOT_OVER_THE_FLEET } from './not-over-the-fleet.ts';
export type { Operation } from './operation.ts';
export { operations } from './operations.ts';
