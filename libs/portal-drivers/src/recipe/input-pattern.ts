import { RE2JS } from 're2js';
import { z } from 'zod';

const MAX_PATTERN = 200;
/** Steps that the engine may need for one input: its states times the input's letters, which is some 0.1 s at worst. */
const MAX_STEPS = 200_000;
/** Compiled ones that are kept; one takes some kilobytes. */
const MAX_KEPT = 500;

/** A regular expression that runs in linear time (RE2's syntax), or why there is none. */
type Compiled = { readonly expression: RE2JS } | { readonly problem: string };

const kept = new Map<string, Compiled>();

/** The pattern of an input, which the whole input must match. */
export const inputPatternSchema = z
  .string()
  .max(MAX_PATTERN, `must be at most ${MAX_PATTERN} characters`)
  .superRefine((pattern, context) => {
    const compiled = compile(pattern);
    if ('problem' in compiled) context.addIssue({ code: 'custom', message: compiled.problem });
  });

/** Whether the whole text is as the pattern says. In linear time; a pattern that cannot be run fits nothing. */
export function fitsPattern(pattern: string, text: string): boolean {
  const compiled = pattern.length > MAX_PATTERN ? null : compile(pattern);
  return compiled !== null && 'expression' in compiled && compiled.expression.matches(text);
}

/** Adds a problem where a pattern's states and the longest input together are too much work. */
export function checkPatternWork(rule: { readonly pattern?: string | undefined; readonly max_length: number }, context: z.core.$RefinementCtx): void {
  const compiled = rule.pattern === undefined || rule.pattern.length > MAX_PATTERN ? null : compile(rule.pattern);
  if (compiled === null || 'problem' in compiled) return;
  const states = compiled.expression.programSize();
  if (states * rule.max_length <= MAX_STEPS) return;
  const message = `has ${states} states, which is too much work for ${rule.max_length} characters: say how long it may be by max_length, not by counts, or lower max_length to ${Math.max(1, Math.floor(MAX_STEPS / states))}`;
  context.addIssue({ code: 'custom', path: ['pattern'], message });
}

function compile(pattern: string): Compiled {
  const before = kept.get(pattern);
  if (before) return before;
  const compiled = compileAnew(pattern);
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(pattern, compiled);
  return compiled;
}

function compileAnew(pattern: string): Compiled {
  try {
    // Only what editors and the recipe's schema know as a regular expression, too, so that a pattern means one thing.
    new RegExp(pattern, 'u');
  } catch (error) {
    const reason = error instanceof Error ? error.message.split(': ').at(-1) : '';
    return { problem: `must be a regular expression (${reason})` };
  }
  const refused = unsupported(pattern);
  if (refused) return { problem: refused };
  try {
    return { expression: RE2JS.compile(pattern) };
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : 'not known';
    const fragment = /`(.+)`$/.exec(reason)?.[1];
    return { problem: notRun(reason.replace(/: `.+`$/, ''), fragment, fragment === undefined ? -1 : pattern.indexOf(fragment), 'write it in RE2 syntax') };
  }
}

/** What backtracking engines can do and a linear one cannot, or writes otherwise; each with what to do. The whole of it is looked for outside escapes. */
const UNSUPPORTED: readonly { readonly sign: RegExp; readonly name: string; readonly instead: string }[] = [
  { sign: /^\(\?[=!]/, name: 'lookahead', instead: 'write out what the input may be, and leave the rest to max_length and the portal' },
  { sign: /^\(\?<[=!]/, name: 'lookbehind', instead: 'write out what the input may be, and leave the rest to max_length and the portal' },
  { sign: /^\\(?:[1-9]|k<)/, name: 'a backreference', instead: 'write out what may stand there' },
  { sign: /^\\(?:u|c)/, name: 'this escape', instead: 'write the letter itself, or \\xHH' },
  { sign: /^\\[pP]\{[^}]*=[^}]*\}/, name: 'a property with a value', instead: 'write a category such as \\p{L} or \\p{Lu}' },
  { sign: /^\[\^?\]/, name: 'an empty class', instead: 'write (?s:.) for any letter' },
  { sign: /^\[\[:/, name: 'a class in a class', instead: 'write \\[ for the bracket itself' },
];

function unsupported(pattern: string): string | null {
  for (let at = 0; at < pattern.length; at += pattern[at] === '\\' ? 2 : 1) {
    const rest = pattern.slice(at);
    for (const { sign, name, instead } of UNSUPPORTED) {
      const found = sign.exec(rest)?.[0];
      if (found !== undefined) return notRun(name, found, at, instead);
    }
  }
  return null;
}

function notRun(what: string, fragment: string | undefined, at: number, instead: string): string {
  const place = fragment === undefined ? '' : ` "${fragment}"${at < 0 ? '' : ` at character ${at + 1}`}`;
  return `cannot be run in linear time: ${what}${place}; ${instead}`;
}
