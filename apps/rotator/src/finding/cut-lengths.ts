/** Lengths that portals have been seen to keep of a longer password, the commonest first. */
const COMMON = [16, 14, 15, 12, 20, 10, 8];
/** Each costs a login. */
const MOST = 6;

/**
 * How many characters a portal may have kept of a password of `length` that it silently cut: what its rules name as the longest, then lengths that
 * portals have. Only shorter ones, and none below four.
 */
export function cutLengths({ length, longest }: { readonly length: number; readonly longest: number | null }): readonly number[] {
  const wanted = [...(longest === null ? [] : [longest]), ...COMMON];
  return [...new Set(wanted)].filter((kept) => kept < length && kept >= 4).slice(0, MOST);
}
