/** A turn as its taker saw it: whose it was, when it was asked for and when it was given, in ms of one clock. */
export interface Turn {
  readonly tenant: string;
  readonly askedAt: number;
  readonly givenAt: number;
}

/**
 * Between two turns of one tenant that always had something waiting: how many turns others were given, at most. Counted are those that were asked for after its last turn was
 * given, and given before its next one was asked for: whose turn it was among those that were under way at one moment, only the database knows. From the first turn on, and to the last.
 */
export function longestWait(turns: readonly Turn[]): number {
  const inOrder = turns.toSorted((one, other) => one.givenAt - other.givenAt);
  const lastOf = new Map<string, number>();
  const given = (after: number, before: number): number => {
    const givenSince = inOrder[after]?.givenAt ?? Number.NEGATIVE_INFINITY;
    const askedBy = inOrder[before]?.askedAt ?? Number.POSITIVE_INFINITY;
    return inOrder.slice(after + 1, before).filter((turn) => turn.askedAt > givenSince && turn.givenAt < askedBy).length;
  };
  let longest = 0;
  for (const [place, { tenant }] of inOrder.entries()) {
    longest = Math.max(longest, given(lastOf.get(tenant) ?? -1, place));
    lastOf.set(tenant, place);
  }
  for (const place of lastOf.values()) longest = Math.max(longest, given(place, inOrder.length));
  return longest;
}
