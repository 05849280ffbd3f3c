/** The right to use a login, or to change it: taken, renewed, given back, and who waits for one. */
export { acquireExclusiveLease, acquireSharedLease } from '../leases/acquire.ts';
export { type Lease, type LeaseAnswer, type LeaseRefusal, type LeaseRequest } from '../leases/lease.ts';
export { findExclusiveLease, listLeases, type LiveLease, releaseLease, renewLease } from '../leases/upkeep.ts';
export { withdrawWriterIntent } from '../leases/writer-intent.ts';
export { listWriterIntents, type WriterIntent } from '../leases/writer-intents.ts';
