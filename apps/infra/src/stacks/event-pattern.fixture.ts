/** "Event patterns", EventBridge User Guide, as far as ours go: a list is any of; of a list in the event one is enough. */
export function fits(pattern: unknown, event: unknown): boolean {
  if (Array.isArray(pattern)) return [event].flat().some((value) => pattern.some((rule) => fitsValue(rule, value)));
  return Object.entries(pattern as Record<string, unknown>).every(([name, rule]) =>
    name === '$or' ? (rule as unknown[]).some((each) => fits(each, event)) : fits(rule, (event as Record<string, unknown> | undefined)?.[name]),
  );
}

function fitsValue(rule: unknown, value: unknown): boolean {
  if (typeof rule === 'string') return rule === value;
  const { prefix, 'anything-but': not, exists } = rule as { prefix?: string; 'anything-but'?: string[]; exists?: boolean };
  if (prefix !== undefined) return typeof value === 'string' && value.startsWith(prefix);
  if (not !== undefined) return value !== undefined && !(not as unknown[]).includes(value);
  if (exists !== undefined) return (value !== undefined) === exists;
  throw new Error(`Nobody knows what ${JSON.stringify(rule)} asks for.`);
}
