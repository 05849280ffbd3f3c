/** Between two turns of one tenant that always had something waiting: how many turns others had, at most. From the first turn on, and to the last. */
export function longestWait(served: readonly string[]): number {
  const lastAt = new Map<string, number>();
  let longest = 0;
  for (const [place, tenant] of served.entries()) {
    longest = Math.max(longest, place - (lastAt.get(tenant) ?? -1) - 1);
    lastAt.set(tenant, place);
  }
  for (const place of lastAt.values()) longest = Math.max(longest, served.length - place - 1);
  return longest;
}
