/** A name as our commands and options have them. */
const NAME = /^-{0,2}[a-z]+(-[a-z]+)*$/;
const LONGEST_NAME = 40;

/** Where commander's errors quote what was typed, and what is left of it. */
const QUOTING: readonly (readonly [RegExp, (typed: RegExpExecArray) => string])[] = [
  [
    /^(error: unknown (?:option|command)) '(.*?)'((?:\n\(Did you mean [-a-z, ]+\?\))?\n?)$/s,
    ([, what = '', typed = '', after = '']) => `${what}${named(typed)}${after}`,
  ],
  [/^(error: too many arguments.* but got \d+): .*$/s, ([, counted = '']) => `${counted}.`],
  [/^(error: option '[^']+') argument '.*' is invalid\. (.*)$/s, ([, option = '', why = '']) => `${option} is invalid. ${why}`],
  [
    /^error: command-argument value '.*' is invalid for argument '([^']+)'\. (.*)$/s,
    ([, name = '', why = '']) => `error: argument '${name}' is invalid. ${why}`,
  ],
];

/** An error of commander's without what was typed: somebody may have typed a password where none belongs (`--password=…`, one word too many). */
export function plainWords(message: string): string {
  for (const [pattern, plain] of QUOTING) {
    const found = pattern.exec(message);
    if (found) return `${plain(found).trimEnd()}${message.endsWith('\n') ? '\n' : ''}`;
  }
  return message;
}

function named(typed: string): string {
  const [name = ''] = typed.split('=', 1);
  return NAME.test(name) && name.length <= LONGEST_NAME ? ` '${name}'` : '';
}
