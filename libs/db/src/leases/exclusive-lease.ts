import { type HeldLease, holdLease, type HoldRequest } from './held-lease.ts';

/** Does something to a login while nobody else uses or changes it, and gives it back whatever comes of it. Fails as `holdLease`, and as `act`. */
export async function withExclusiveLease<T>(request: Omit<HoldRequest, 'kind'>, act: (held: HeldLease) => Promise<T>): Promise<T> {
  const held = await holdLease({ ...request, kind: 'exclusive' });
  try {
    return await act(held);
  } finally {
    await held.release();
  }
}
