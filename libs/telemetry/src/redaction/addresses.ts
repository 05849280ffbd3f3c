import { isHidden } from './hidden-names.ts';

export const REDACTED = '[redacted]';

/** Where an address begins: slashes may be those of JSON, and a browser takes one, three or backslashes for two. */
const BEGINS = /(?<=(?<!\w)(?:https?|wss?|ftp)):[\\/]{1,8}|:(?:\\{0,4}\/){2}/gi;
/**
 * Where one ends: at a blank, or at a quote or bracket behind which something else is. Any other quote or bracket is part of it: a password that nobody
 * has encoded may hold one. `[redacted]` is no bracket's end.
 */
const ENDS = /\s|(?:["'<>)}\\]|(?<!\[redacted)\]){1,8}(?:[.,;:!?]{0,3}(?:\s|$)|[.,;:!?]{1,3}[\\"'([{]{1,4}\w)/g;

/** In each address with a host: who stands before the host, what its path has that is not for everybody, the values of its query, its fragment. */
export function maskAddresses(text: string): string {
  let [masked, from] = ['', 0];
  for (const { 0: begin, index } of text.matchAll(BEGINS)) {
    if (index < from) continue;
    const start = index + begin.length;
    const end = next(ENDS, text, start);
    const { shown, length } = maskUser(text, start, end);
    const rest = start + length;
    const last = rest > end ? next(ENDS, text, rest) : end;
    masked += text.slice(from, start) + shown + maskPath(text.slice(rest, last));
    from = last;
  }
  return masked + text.slice(from);
}

/** Where the next match is, or the text's end. */
function next(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? text.length;
}

/** A password with a blank in it is looked for so far behind what seemed the end of its address, on the same line. */
const FAR = 256;

/** Host and port, and whether somebody stood before them. A password that was not encoded may hold a slash or a blank: then `:` is no port's. */
function maskUser(text: string, start: number, end: number): { readonly shown: string; readonly length: number } {
  const address = text.slice(start, end);
  const authority = address.slice(0, next(/[/\\?#]/g, address, 0));
  const user = userEnd(text, { start, address, authority });
  if (user === -1) return isNoPort(authority) ? { shown: REDACTED, length: authority.length } : { shown: authority, length: authority.length };
  const host = text.slice(user + 1, next(/[/\\?#\s"'<>]/g, text, user + 1));
  return { shown: `${REDACTED}@${host}`, length: user + 1 - start + host.length };
}

const isNoPort = (authority: string): boolean => /:(?!\d{0,5}$)/.test(authority) && !authority.startsWith('[');

/** The last `@` before the host; -1: nobody stands there. */
function userEnd(text: string, { start, address, authority }: { readonly start: number; readonly address: string; readonly authority: string }): number {
  const at = authority.lastIndexOf('@');
  const place = address.slice(0, next(/[?#]/g, address, 0));
  if (at !== -1 && !authority.slice(0, at).includes(':')) return start + at;
  // `user:80/rest@host` may be a port and a path, or a password: nothing of it is shown.
  if (at !== -1 || /^[^[].*:\d{1,5}$/.test(authority)) return asPlace(start, Math.max(at, lastUser(place)));
  if (!isNoPort(authority)) return -1;
  const last = address.lastIndexOf('@');
  if (last !== -1) return start + last;
  const far = /^[^\r\n@]*@/.exec(text.slice(start + address.length, start + address.length + FAR));
  return far ? start + address.length + far[0].length - 1 : -1;
}

const asPlace = (start: number, at: number): number => (at === -1 ? -1 : start + at);

/** The last `@` that stands behind something: that of `/@scope/` does not. */
function lastUser(place: string): number {
  for (let at = place.lastIndexOf('@'); at > 0; at = place.lastIndexOf('@', at - 1)) if (!'/\\'.includes(place[at - 1] ?? '')) return at;
  return -1;
}

/** What a page is called, and no more than that: `change`, `sign-in.aspx`. */
const PLAIN = /^(?:[a-z][a-z_-]{0,31}(?:\.[a-z]{1,5})?)?$/i;

/** From the path on. */
function maskPath(rest: string): string {
  const query = next(/[?#]/g, rest, 0);
  const fragment = next(/#/g, rest, query);
  const pairs = rest.slice(query + 1, fragment);
  const shown = fragment > query ? `?${pairs === '' ? '' : maskPairs(pairs)}` : '';
  return maskSegments(rest.slice(0, query)) + shown + (fragment < rest.length ? `#${fragment + 1 < rest.length ? REDACTED : ''}` : '');
}

/** `/users/jane@mail.example`, `/password/x7Q!`, `;jsessionid=…`. */
function maskSegments(path: string): string {
  const parts = path.replace(/;([\w.-]{1,64})=[^;/]*/g, `;$1=${REDACTED}`).split(/([/\\]+)/);
  const shown = parts.map((part, place) => {
    if (!PLAIN.test(part) && !/^[/\\]/.test(part) && isHidden(parts[place - 2] ?? '')) return REDACTED;
    return part.lastIndexOf('@') > 0 ? `${REDACTED}${part.slice(part.lastIndexOf('@'))}` : part;
  });
  return shown.join('');
}

const maskPairs = (pairs: string): string =>
  pairs
    .split('&')
    .map((pair) => (/^[\w.~%[\]-]{1,64}=/.exec(pair)?.[0] ?? '') + REDACTED)
    .join('&');

/** An address without a host, as pages and servers write them: up to its `?` or `#`. */
const RELATIVE =
  /(?<![^\s"'`(<[{=,>:])(?!(?<=:)\/\/)(?:\.{0,2}\/[^\s?#"'<>]{0,256}[?#]|[\w.~%-]{1,64}\/[^\s?#"'<>]{0,256}\?|[\w~%-]{1,64}\.[a-z]{2,5}\?|\w{2,20}:[\w./~%-]{1,256}\?)(?=[^\s?#])/gi;
const QUERY = /[?&](?=[^\s=&?#"'<>]{1,128}=)/g;

export const maskRelative = (text: string): string => maskBehind(QUERY, maskBehind(RELATIVE, text));

/** From the last sign of each match to the end of its address. */
function maskBehind(pattern: RegExp, text: string): string {
  let [masked, from] = ['', 0];
  for (const { 0: begin, index } of text.matchAll(pattern)) {
    if (index < from) continue;
    const sign = index + begin.length - 1;
    const end = next(ENDS, text, sign);
    const rest = text.slice(sign, end);
    masked += text.slice(from, sign) + (rest.startsWith('&') ? `&${maskPath(`?${rest.slice(1)}`).slice(1)}` : maskPath(rest));
    from = end;
  }
  return masked + text.slice(from);
}

/** `user:password@host` without a scheme, or behind one without slashes. A person in the audit trail (`person:os:jane@desk`) has no password. */
const USER = /(?<![\w.+%:-])(?!person:)[^\s:@/\\"'`<>()[\]{},;=?&#]{1,64}:(?![/\\])[^\s@]{0,255}[^\s@/\\]@(?=[\w[])/g;

export const maskUsers = (text: string): string => text.replace(USER, `${REDACTED}@`);
