/** The version of everything that `--json` prints: a field may come, none changes or goes under one number (docs/rcm-json.md). */
export const SHAPE = 1;

/** What JSON leaves as it is, and a terminal does not. */
const STEERS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const escaped = (character: string): string =>
  character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');

/** JSON that a person may read at a terminal: of the same values, whatever they hold. */
export const printableJson = (object: object): string => JSON.stringify(object).replace(STEERS, escaped);

/** One JSON object as a program prints it for programs, on a line of its own. */
export const jsonLine = (object: object): string => `${printableJson({ version: SHAPE, ...object })}\n`;

/** An error as such an object. `todo`: what to do next, where the message does not say it already. */
export const jsonError = (code: string, message: string, todo: string | null = null): object => ({ version: SHAPE, error: { code, message, todo } });
