/** Addresses are longer than this only where a page means harm. */
const LONGEST = 65_536;

/** Whether the path of an address, whole or below `basePath`, with its query or without, is as `pattern` says. `*` stands for anything. */
export function addressFits(url: string, pattern: string, basePath: string): boolean {
  if (url.length > LONGEST || !URL.canParse(url)) return false;
  const { pathname, search, hash } = new URL(url);
  const paths = [pathname, ...(pathname.startsWith(`${basePath}/`) ? [pathname.slice(basePath.length)] : [])];
  return paths.some((path) => fits(path, pattern) || fits(path + search + hash, pattern));
}

/** Takes each part between two stars where it comes first: if the whole fits at all, it fits so, and nothing is tried twice. */
function fits(text: string, pattern: string): boolean {
  const [begin = '', ...rest] = pattern.split('*');
  const end = rest.pop();
  if (end === undefined) return text === begin;
  if (text.length < begin.length + end.length || !text.startsWith(begin) || !text.endsWith(end)) return false;
  const last = text.length - end.length;
  let at = begin.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > last) return false;
    at = found + part.length;
  }
  return true;
}
