/**
 * Which characters of a text belong to a secret, by trying everything: letter by letter, each in every form that the regular
 * expression knew which the mask once was. Shares nothing with the search; far too slow for more than a few dozen characters.
 */
export function coveredByOracle(secret: string, text: string): boolean[] {
  const covered = Array.from({ length: text.length }, () => false);
  const cover = (from: number, to: number): void => void covered.fill(true, from, to);
  const letters = [...secret];
  const alone = secret.length < 4;
  const known = new Map<string, readonly number[]>();

  /** Where the letters from `index` on may end that begin at `at`. */
  function ends(at: number, index: number): readonly number[] {
    if (index === letters.length) return [at];
    const key = `${at}/${index}`;
    const before = known.get(key);
    if (before) return before;
    const found = new Set<number>();
    for (const gap of index === 0 || alone ? [at] : gaps(text, at))
      for (const end of letterEnds(text, gap, letters[index] ?? '', index === 0 ? 0 : 3)) for (const last of ends(end, index + 1)) found.add(last);
    known.set(key, [...found]);
    return [...found];
  }

  const isEdge = (letter: string | undefined): boolean => letter === undefined || /[\s"'=&:;,()]/.test(letter);
  for (let from = 0; from < text.length; from += 1) {
    if (alone && !isEdge(text[from - 1])) continue;
    for (const to of ends(from, 0)) if (!alone || isEdge(text[to])) cover(from, to);
  }
  for (const form of encoded(secret)) for (const { index, 0: match } of text.matchAll(form)) cover(index, index + match.length);
  return covered;
}

/** Every place to which separators may be passed over. */
function gaps(text: string, at: number): number[] {
  const places = [at];
  for (let next = at; /[\s\u200b\u00ad-]/.test(text[next] ?? ''); next += 1) places.push(next + 1);
  return places;
}

const NAMES: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };

function letterEnds(text: string, at: number, letter: string, backslashes: number): number[] {
  const code = letter.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  const units = Array.from({ length: letter.length }, (_, unit) => `\\\\u${letter.charCodeAt(unit).toString(16).padStart(4, '0')}`).join('');
  const fixed = [`&#0*${code};`, `&#x0*${hex};`, units, `\\\\u\\{0*${hex}\\}`];
  if (code < 256) fixed.push(`\\\\x${hex.padStart(2, '0')}`);
  if (NAMES[letter]) fixed.push(`&${NAMES[letter]};`);
  const plain = letter.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
  for (let count = 0; count <= backslashes; count += 1) fixed.push(`\\\\{${count}}${plain}`);
  if (/\s/.test(letter)) fixed.push('\\+', '&nbsp;', ...Array.from({ length: 6 }, (_, count) => `\\s{${count}}`));
  const single = fixed.flatMap((form) => {
    const matcher = new RegExp(form, 'iy');
    matcher.lastIndex = at;
    return matcher.test(text) ? [matcher.lastIndex] : [];
  });
  let bytes = [at];
  for (const byte of Buffer.from(letter)) bytes = bytes.flatMap((from) => percentEnds(text, from, byte.toString(16).padStart(2, '0')));
  const old = [...(code > 127 && code < 256 ? [hex] : []), ...(code < 0x10000 ? [`u${hex.padStart(4, '0')}`] : [])];
  return [...new Set([...single, ...bytes, ...old.flatMap((digits) => percentEnds(text, at, digits))])];
}

function percentEnds(text: string, at: number, digits: string): number[] {
  if (text[at] !== '%') return [];
  const found: number[] = [];
  for (let next = at + 1; ; next += 2) {
    if (text.slice(next, next + digits.length).toLowerCase() === digits) found.push(next + digits.length);
    if (text.slice(next, next + 2) !== '25') return found;
  }
}

function encoded(secret: string): RegExp[] {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].map((before) => {
    const digits = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '');
    return digits.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const forms = base64.filter((digits) => digits.length >= 6).map((digits) => digits.replaceAll('+', '[+-]').replaceAll('/', '[/_]'));
  return [...forms.map((form) => new RegExp(`${form}[\\w+/-]?={0,2}`, 'gi')), ...(bytes.length >= 3 ? [new RegExp(bytes.toString('hex'), 'gi')] : [])];
}
