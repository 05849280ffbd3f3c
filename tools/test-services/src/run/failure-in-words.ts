import { stripVTControlCharacters } from 'node:util';

/** In characters, of each of the two parts: enough to know the failure by; the whole of it stands where the test ran. */
const LONGEST_PART = 400;
/** A difference begins with these: which side has which sign. */
const LEGEND_LINES = /^[-+] (Expected|Received)\b.*$/;

/** What a test runner says of an error: its message, and by lines how what was met differs from what was expected. */
export interface TestError {
  readonly message?: string;
  /** Lines, `-` before those expected and `+` before those met; coloured for a terminal. */
  readonly diff?: string | undefined;
}

/** The first error, on one line that fits the end of a log. "expected [ Array(1) ]" tells nobody what was in it: the lines that differ follow. */
export function failureInWords([error]: readonly TestError[]): string {
  const lines = stripVTControlCharacters(error?.diff ?? '').split('\n');
  const differing = lines.filter((line) => /^[-+] /.test(line) && !LEGEND_LINES.test(line));
  return [shortened(stripVTControlCharacters(error?.message ?? '')), shortened(differing.join(' '))].filter((part) => part !== '').join(': ');
}

function shortened(text: string): string {
  const said = text.replaceAll(/\s+/g, ' ').trim();
  return said.length > LONGEST_PART ? `${said.slice(0, LONGEST_PART)}…` : said;
}
