import { isHidden } from './hidden-names.ts';

export const REDACTED = '[redacted]';

/** No line needs more of one text; the rest is counted. */
const LONGEST_TEXT = 8_192;

/**
 * A text that may be logged: what a URL holds besides its place (user, password, the values of its query, its fragment), bearer tokens,
 * signed tokens, cookie headers, and `name=value` or `"name":"value"` of a hidden name are masked. Each pass takes linear time.
 */
export function maskText(text: string): string {
  // Cut at a blank: half of a URL might no longer look like one, and show the password that the other half would have masked.
  const shown = text.length > LONGEST_TEXT ? text.slice(0, Math.max(text.lastIndexOf(' ', LONGEST_TEXT), text.lastIndexOf('\n', LONGEST_TEXT), 0)) : text;
  const masked = maskAssignments(maskQueries(maskUrls(maskTokens(shown))));
  return shown.length < text.length ? `${masked} [${text.length - shown.length} more characters]` : masked;
}

function maskTokens(text: string): string {
  return text
    .replace(/(?<![\w-])(Bearer|Basic|Negotiate) +[\w.~+/=-]{4,}/gi, `$1 ${REDACTED}`)
    .replace(/(?<![\w-])eyJ[\w-]{4,}\.[\w-]*(?:\.[\w-]*){0,3}/g, REDACTED)
    .replace(/(?<![\w-])((?:set-)?cookie|authorization): *[^\r\n]+/gi, `$1: ${REDACTED}`)
    .replace(/(?<![\w-])data:[\w/+.;=-]{0,100},[^\s"'<>]*/gi, `data:${REDACTED}`);
}

/** Every `…://` to the next blank. */
function maskUrls(text: string): string {
  let [masked, from] = ['', 0];
  for (let at = text.indexOf('://'); at !== -1; at = text.indexOf('://', from)) {
    const start = at + 3;
    const end = endOf(/\s/g, text, start);
    const place = maskUser(text.slice(start, end));
    masked += text.slice(from, start) + place.shown;
    const rest = endOf(/[\s"'<>]/g, text, start + place.length);
    masked += maskPath(text.slice(start + place.length, rest));
    from = rest;
  }
  return masked + text.slice(from);
}

/** Where the next match is, or the text's end. */
function endOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? text.length;
}

/** Host and port, and whether somebody stood before them. A password that was not encoded may hold a slash: then `:` is no port's. */
function maskUser(url: string): { readonly shown: string; readonly length: number } {
  const authority = url.slice(0, endOf(/[/?#]/g, url, 0));
  const holdsPassword = !authority.includes('@') && /:(?!\d{0,5}$)/.test(authority) && !authority.startsWith('[');
  const user = (holdsPassword ? url : authority).lastIndexOf('@');
  if (user === -1) return { shown: authority, length: authority.length };
  const host = url.slice(user + 1, endOf(/[/?#"'<>]/g, url, user + 1));
  return { shown: `${REDACTED}@${host}`, length: user + 1 + host.length };
}

function maskPath(rest: string): string {
  const query = endOf(/[?#]/g, rest, 0);
  const fragment = endOf(/#/g, rest, query);
  const path = rest.slice(0, query).replace(/;([\w.-]{1,64})=[^;/]*/g, `;$1=${REDACTED}`);
  const shown = rest
    .slice(query + 1, fragment)
    .split('&')
    .map((pair) => (/^[\w.~%[\]-]{1,64}=/.exec(pair)?.[0] ?? '') + REDACTED)
    .join('&');
  return path + (fragment > query ? `?${shown}` : '') + (fragment < rest.length ? `#${REDACTED}` : '');
}

/** Of an address without a host, as pages and servers write them. */
const maskQueries = (text: string): string => text.replace(/([?&][\w.~%[\]-]{1,64}=)[^\s&;#"'<>]*/g, `$1${REDACTED}`);

/** A name, and what stands between it and its value. */
const NAMES = /(?<![\w.-])(\w[\w.-]{0,63})(\\?["']? ?[=:] ?)/g;
/** In quotes, in those of a text that is quoted itself, or to the next sign that is none of a value's. Behind a backslash no quote is the last. */
const VALUE = /"(?:[^"\\]|\\[^])*"?|'(?:[^'\\]|\\[^])*'?|\\"(?:[^"\\]|\\\\(?:\\[^]|[^"\\])|\\[^"\\])*(?:\\?")?|[^\s,;&"'{}()[\]]+/y;

/** What is no value of a hidden name is looked at itself: it may hold one. */
function maskAssignments(text: string): string {
  let [masked, from] = ['', 0];
  for (const { 0: whole, 1: name = '', 2: between = '', index } of text.matchAll(NAMES)) {
    // `name: words` is how people write; only a quoted name is a field.
    if (index < from || !(between.includes('=') || /["']/.test(between)) || !isHidden(name)) continue;
    VALUE.lastIndex = index + whole.length;
    const [value] = VALUE.exec(text) ?? [];
    if (value === undefined) continue;
    const quote = /^\\?(["'])/.exec(value)?.[1] ?? '';
    masked += text.slice(from, index) + whole + quote + REDACTED + quote;
    from = index + whole.length + value.length;
  }
  return masked + text.slice(from);
}
