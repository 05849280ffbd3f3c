/** For tests of whoever uses a store: one in memory, without an SDK, that behaves as the product's own. */
export { type CallHooks, createMemorySsm, type MemorySsm } from './memory-ssm.ts';
