const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** `in 3 d`, `5 min ago`, `now`: the largest unit that is whole. */
export function relative(at: Date | null, now: Date): string {
  if (at === null) return '';
  const seconds = Math.round((at.getTime() - now.getTime()) / 1_000);
  const [unit, size] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? ['s', 1];
  const amount = Math.trunc(Math.abs(seconds) / size);
  if (amount === 0) return 'now';
  return seconds > 0 ? `in ${amount} ${unit}` : `${amount} ${unit} ago`;
}
