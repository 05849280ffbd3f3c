/** What `mayLeave` of a driver asks, of whoever holds a lease. */
export function mayLeave(assertHeld: (() => void) | undefined): boolean {
  try {
    assertHeld?.();
    return true;
  } catch {
    return false;
  }
}
