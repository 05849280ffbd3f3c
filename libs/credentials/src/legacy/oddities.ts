/** As long as what `totpCode` takes, and no longer. */
const SEED = /^[A-Z2-7]{16,256}$/;

/** Whether one-time codes can be made of it: base32 as portals show it, whatever its case, blanks, dashes and padding. */
export const isSeed = (text: string): boolean =>
  SEED.test(
    text
      .replace(/[\s-]/g, '')
      .replace(/(?<!=)=+$/, '')
      .toUpperCase(),
  );

const STAND_INS = new Set(
  [
    ['changeme', 'change me', 'change_me', 'tbd', 'tba', 'todo', 'n/a', 'na', 'none', 'null', 'nil', 'undefined', 'unknown', 'redacted', 'removed', 'deleted'],
    [
      'placeholder',
      'dummy',
      'example',
      'empty',
      'missing',
      'pending',
      'username',
      'your password',
      'yourpassword',
      'your_password',
      '-',
      '--',
      '?',
      '???',
      '.',
    ],
  ].flat(),
);

/** Whether a text stands where a user name or password should be, and is none: `TBD`, `****`, `<password>`, `${PASSWORD}`, `see vault`. */
export function isPlaceholder(text: string): boolean {
  const bare = text.trim().toLowerCase();
  return (
    STAND_INS.has(bare) ||
    /^([*x•#?_.-])\1{2,}$/u.test(bare) ||
    /^(<[^<>]+>|\$\{[^{}]+\}|\{\{[^{}]*\}\}|%[a-z_]+%|\[[a-z _]+\])$/.test(bare) ||
    /^see [a-z ]+$/.test(bare)
  );
}
