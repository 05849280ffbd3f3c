/** A list of names, or one text with commas in it, as the framework reads a list (TypeCommaStringSlice). */
export function namesIn(given: unknown): string[] | null {
  if (Array.isArray(given)) return given.map(String);
  return typeof given === 'string' && given !== '' ? given.split(',').map((name) => name.trim()) : null;
}
