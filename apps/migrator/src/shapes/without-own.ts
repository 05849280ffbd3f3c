/** What may stand around a secret in a text. With any other character beside it, it is another one: `Summer-2025!` is not `Summer-2025`. */
const EDGES = String.raw`\s.,;:()"'[\]{}<>/@=|&?`;
const EDGE = new RegExp(`[${EDGES}]`);
const NO_EDGE = new RegExp(`[^${EDGES}]`);
/** So wide that no pattern of what says a secret reaches over it. */
const GAP = ' '.repeat(8);
/** A link of an authenticator app whose seed was taken out. */
const EMPTY_LINK = new RegExp(`otpauth://\\S{0,300}[?&]secret=${GAP}\\S{0,200}`, 'gi');

const isEdge = (character: string | undefined): boolean => character === undefined || EDGE.test(character);

/** A text with a gap for each of these secrets, and for a link whose seed is one. */
export function withoutOwn(text: string, secrets: readonly string[]): string {
  const longestFirst = [...secrets].sort((one, other) => other.length - one.length);
  return longestFirst.reduce(withGaps, text).replaceAll(EMPTY_LINK, GAP);
}

function withGaps(text: string, secret: string): string {
  return text.split(secret).reduce((before, after) => before + (isEdge(before.at(-1)) && isEdge(after.at(0)) ? GAP : secret) + after);
}

/** Whether anything is left but what stands around secrets. */
export const isMoreThanEdges = (text: string): boolean => NO_EDGE.test(text);
