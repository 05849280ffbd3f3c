/** Addresses are longer than this only where a page means harm. */
const LONGEST = 65_536;

/** What stars stand for. `any`, of version 1: a star for anything. `segments`: one for a segment or a part of one, two for anything. */
export type Stars = 'any' | 'segments';

/** Whether the path of an address, whole or below `basePath`, with its query or without, is as `pattern` says. */
export function addressFits(url: string, pattern: string, { basePath, stars }: { readonly basePath: string; readonly stars: Stars }): boolean {
  if (url.length > LONGEST || !URL.canParse(url)) return false;
  const fits = { any: fitsAny, segments: fitsSegments }[stars];
  const { pathname, search, hash } = new URL(url);
  const paths = [pathname, ...(pathname.startsWith(`${basePath}/`) ? [pathname.slice(basePath.length)] : [])];
  return paths.some((path) => fits(path, pattern) || fits(path + search + hash, pattern));
}

/** Takes each part between two stars where it comes first: if the whole fits at all, it fits so, and nothing is tried twice. */
function fitsAny(text: string, pattern: string): boolean {
  const [begin = '', ...rest] = pattern.split('*');
  const end = rest.pop();
  if (end === undefined) return text === begin;
  if (text.length < begin.length + end.length || !text.startsWith(begin) || !text.endsWith(end)) return false;
  const last = text.length - end.length;
  let at = begin.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > last) return false;
    at = found + part.length;
  }
  return true;
}

/** A letter that must stand there, one letter of a segment, or as many as come: of a segment, or of anything. */
type Token = { readonly letter: string } | 'one' | 'more' | 'any';

/** What ends a segment. */
const ENDS = new Set(['/', '?', '#']);

/** Follows all ways at once, letter by letter, so that none is tried twice: as long as the address, times the stars that are open. */
function fitsSegments(text: string, pattern: string): boolean {
  const tokens = tokensOf(pattern);
  let places = reached(tokens, [0]);
  for (const letter of text) {
    places = reached(
      tokens,
      places.flatMap((place) => next(tokens, place, letter)),
    );
    if (places.length === 0) return false;
  }
  return places.includes(tokens.length);
}

const tokensOf = (pattern: string): Token[] =>
  (pattern.match(/\*\*+|[^]/gu) ?? []).flatMap((part): Token[] => (part === '*' ? ['one', 'more'] : part.startsWith('**') ? ['any'] : [{ letter: part }]));

/** The place after a letter, if the token there takes it. */
function next(tokens: readonly Token[], place: number, letter: string): number[] {
  const token = tokens[place];
  if (token === undefined) return [];
  if (token === 'any') return [place];
  if (token === 'more') return ENDS.has(letter) ? [] : [place];
  if (token === 'one') return ENDS.has(letter) ? [] : [place + 1];
  return token.letter === letter ? [place + 1] : [];
}

/** With the places behind tokens that need no letter; each once. */
function reached(tokens: readonly Token[], places: readonly number[]): number[] {
  const found = new Set<number>();
  for (let place of places) {
    while (!found.has(place)) {
      found.add(place);
      if (tokens[place] === 'any' || tokens[place] === 'more') place += 1;
    }
  }
  return [...found];
}
