/** The version of everything that `--json` prints: a field may come, none changes or goes under one number (docs/rcm-json.md). */
export const SHAPE = 1;

/** One JSON object as a program prints it for programs, on a line of its own. */
export const jsonLine = (object: object): string => `${JSON.stringify({ version: SHAPE, ...object })}\n`;

/** An error as such an object. `todo`: what to do next, where the message does not say it already. */
export const jsonError = (code: string, message: string, todo: string | null = null): object => ({ version: SHAPE, error: { code, message, todo } });
