/** Stands in hostile texts as a password that somebody typed in the wrong place: no answer and no log line may hold it. */
export const TYPED_SECRET = 'hunter2-canary';

/** What people and programs give in the place of a plain word: each is wrong wherever an id, a number, a time or one of a few words belongs. */
export const HOSTILE_TEXTS: readonly string[] = [
  `${TYPED_SECRET}!`,
  '../../etc/passwd',
  `..%2f${TYPED_SECRET}`,
  "' OR '1'='1",
  `'; DROP TABLE portal_task; -- ${TYPED_SECRET}`,
  '%',
  '_',
  '*',
  '${jndi:ldap://x}',
  '{{7*7}}',
  '<script>alert(1)</script>',
  // Look-alikes: Cyrillic a, full-width a, a dotless i, digits that are none of ours.
  '\u0430lpine',
  '\uff41lpine',
  'alp\u0131ne',
  '\u0661\u0662',
  // Not to be seen, or turning what follows around.
  'alpine\u200b',
  '\u202ealpine',
  '\ufeffalpine',
  'alpine\u0000',
  `\u0000${TYPED_SECRET}`,
  'alpine\n',
  'alpine\r\nx-injected: 1',
  '\u001b[2J\u001b]0;title\u0007',
  '\ud800',
  'A'.repeat(64),
  'Alpine',
  ' alpine',
  '-1',
  '-alpine',
  '1e400',
  'NaN',
  'Infinity',
  '9'.repeat(40),
  '0x10',
  '1.5',
  '2026-02-30',
  '2026-13-01T00:00:00Z',
  '0000-00-00',
  'null',
  'undefined',
  'true',
  '[object Object]',
  '[]',
  '{}',
];

/** A megabyte of one word. */
export const LONGEST_TEXT = TYPED_SECRET.repeat(80_000);
