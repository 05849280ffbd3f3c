import { maskAddresses, maskRelative, maskUsers, REDACTED } from './addresses.ts';
import { maskAssignments, maskElements } from './assignments.ts';

/** No line needs more of one text; the rest is counted. */
const LONGEST_TEXT = 8_192;

/**
 * A text that may be logged: what an address holds besides its place (user, password, the values of its query, its fragment), bearer tokens,
 * signed tokens, private keys, headers with cookies and tokens, and `name=value` or `"name":"value"` of a hidden name are masked, also where it is
 * percent-encoded, twice too. Each pass takes linear time.
 */
export function maskText(text: string): string {
  // Cut at a blank: half of a URL might no longer look like one, and show the password that the other half would have masked.
  const shown = text.length > LONGEST_TEXT ? text.slice(0, Math.max(text.lastIndexOf(' ', LONGEST_TEXT), text.lastIndexOf('\n', LONGEST_TEXT), 0)) : text;
  const masked = maskEncoded(maskPlain(shown), MOST_ENCODED);
  return shown.length < text.length ? `${masked} [${text.length - shown.length} more characters]` : masked;
}

const maskPlain = (text: string): string => maskAssignments(maskUsers(maskRelative(maskAddresses(maskElements(maskTokens(text))))));

function maskTokens(text: string): string {
  return text
    .replace(/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^]*?(?:-----END|$)/g, REDACTED)
    .replace(/(?<![\w-])(Bearer|Basic|Negotiate) +[^\s"',;]{4,}/gi, `$1 ${REDACTED}`)
    .replace(/(?<![\w-])eyJ[\w-]{4,}\.[\w-]*(?:\.[\w-]*){0,3}/g, REDACTED)
    .replace(/(?<![\w-])((?:set-)?cookie|(?:proxy-)?authorization|x-[\w-]{0,40}(?:token|key|secret|password)): *[^\r\n]+/gi, `$1: ${REDACTED}`)
    .replace(/(?<![\w-])data:[\w/+.;=-]{0,100},\S*/gi, `data:${REDACTED}`)
    .replace(/(?<![\w-])javascript:\S+/gi, `javascript:${REDACTED}`);
}

/** Encoded once for an address, once more to stand in another, and once for luck. */
const MOST_ENCODED = 3;
/** Percent-encoded, or as JSON and JavaScript escape it. What is no sign to be seen stays: a blank in a password does not end it. */
const ENCODED = /(?:%|\\u00|\\x)(2[1-9a-f]|[3-6][0-9a-f]|7[0-9a-e])/gi;

/** Words in which something is encoded, where without that something in them is to be masked: then they are written so. */
function maskEncoded(text: string, times: number): string {
  if (times === 0 || !/[%\\]/.test(text)) return text;
  return text.replace(/\S+/g, (word) => {
    const decoded = word.replace(ENCODED, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
    if (decoded === word) return word;
    const masked = maskEncoded(maskPlain(decoded), times - 1);
    return masked === decoded ? word : masked;
  });
}
