/** A lease that is kept alive while something is done, and given back. */
export { withExclusiveLease } from '../leases/exclusive-lease.ts';
export { type HeldLease, holdLease, type HoldRequest, type LeaseTiming } from '../leases/held-lease.ts';
