/**
 * `npm run audit-tampering`: takes trails that the real platform has written, exported and signed, tampers with them at random, and counts what the
 * stand-alone verifier misses and where it raises a false alarm. What nobody could find is not drawn: a change behind the last head that
 * keeps every hash right, and heads that are gone from every file.
 */
export { type Figures, figureLines, hasFailed, type RunOptions, runTamperings, TAMPERINGS } from './run.ts';
