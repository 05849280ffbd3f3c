/**
 * Where Node keeps compiled code, for a process that a test starts with an environment of its own: `npm test` sets it, and an
 * app then starts in two thirds of the time. Nothing where it is not set.
 */
export function compileCache(): Readonly<Record<string, string>> {
  const folder = process.env.NODE_COMPILE_CACHE;
  return folder ? { NODE_COMPILE_CACHE: folder } : {};
}
