const HERE = 'http://here.invalid';

/** A path of this console, or the first page: an address that leads anywhere else is followed nowhere (open redirect). */
export function ownPath(given: unknown): string {
  if (typeof given !== 'string' || !given.startsWith('/') || given.length > 2_000) return '/';
  try {
    const url = new URL(given, HERE);
    // Read as a browser reads it: `//elsewhere`, `/\\elsewhere` and what has tabs in it come out as another origin.
    // So does a path that begins with two slashes once its dots are gone (`/.//elsewhere`), where it is read a second time.
    return url.origin === HERE && !url.pathname.startsWith('//') ? `${url.pathname}${url.search}` : '/';
  } catch {
    return '/';
  }
}
