/** Random rule sets for the generator's proof, with a tally of what they used, so that the proof can say that nothing was left out. */
export interface RandomRules {
  readonly text: string;
  /** Keywords and conflicts in it, by name. */
  readonly uses: ReadonlySet<string>;
}

export type Below = (limit: number) => number;

const CLASSES = ['upper', 'lower', 'digit', 'special', 'ascii-printable', 'unicode', 'letter'] as const;
/** Customs with every character that is special to the syntax, and small ones that overlap. */
const CUSTOM = ['[-_.]', '[abc]', '[]]', '[x]', '[-]]', '[;:,]', '[#$@!]', '[aA1]', '[[({]', '[\'"]', '[XYZ789]'] as const;

/** What the rules may put against each other; every one is drawn on purpose now and then. */
export const CONFLICTS = [
  'required outside allowed',
  'overlapping required',
  'several minlength',
  'several maxlength',
  'several max-consecutive',
  'several allowed',
  'minlength is maxlength',
  'as many required as characters',
  'one required holds several sets',
  'start against required',
  'few characters and no repeat',
  'syntax inside a set',
  'tall user name',
  'counts against max-consecutive',
  'difference and counts',
] as const;

export const KEYWORDS = [
  'minlength',
  'maxlength',
  'required',
  'allowed',
  'max-consecutive',
  'not-username',
  'start',
  'history',
  'min-age-hours',
  'changes-per-day',
  'at-least',
  'differs',
  'reuse',
  'not-words',
  'max-sequence',
  ...CLASSES,
  'custom set',
] as const;

export function randomRules(below: Below): RandomRules {
  const uses = new Set<string>();
  const parts: string[] = [];
  const use = (name: string): string => {
    uses.add(name);
    return name;
  };
  const chance = (oneIn: number): boolean => below(oneIn) === 0;
  const set = (): string => {
    if (!chance(3)) return use(CLASSES[below(CLASSES.length)] ?? 'lower');
    const custom = CUSTOM[below(CUSTOM.length)] ?? '[abc]';
    use('custom set');
    if (/[\];:,[]/.test(custom.slice(1, -1))) use('syntax inside a set');
    return custom;
  };
  const add = (name: string, value?: string | number): void => {
    use(name);
    const spelled = chance(8) ? name.toUpperCase() : name;
    parts.push(value === undefined ? spelled : `${spelled}:${chance(2) ? ' ' : ''}${value}`);
  };

  const min = 1 + below(14);
  const max = chance(5) ? min : min + below(20);
  if (max === min) use('minlength is maxlength');
  add('minlength', min);
  if (chance(8)) {
    add('minlength', Math.max(0, min - 3));
    use('several minlength');
  }
  add('maxlength', max);
  if (chance(8)) {
    add('maxlength', max + 9);
    use('several maxlength');
  }

  const required = below(5);
  const seen: string[] = [];
  for (let i = 0; i < required; i += 1) {
    const many = chance(4);
    const sets = many ? [set(), set()] : [set()];
    if (many) use('one required holds several sets');
    if (sets.some((name) => seen.includes(name) || (seen.length > 0 && /ascii|unicode|letter/.test(name)))) use('overlapping required');
    seen.push(...sets);
    add('required', sets.join(chance(2) ? ', ' : ','));
  }
  if (required > 0 && required >= max) use('as many required as characters');
  if (chance(2)) {
    const allowed = [set(), ...(chance(2) ? [set()] : [])];
    if (seen.some((name) => !allowed.includes(name))) use('required outside allowed');
    add('allowed', allowed.join(', '));
    if (chance(6)) {
      add('allowed', set());
      use('several allowed');
    }
  }
  if (chance(2)) {
    add('max-consecutive', 1 + below(3));
    if (chance(6)) {
      add('max-consecutive', 1 + below(6));
      use('several max-consecutive');
    }
    if (required === 0 && !uses.has('allowed')) {
      add('allowed', '[ab]');
      use('few characters and no repeat');
      use('custom set');
    }
  }
  if (chance(4)) {
    add('start', chance(2) ? use('letter') : set());
    if (required > 0) use('start against required');
  }
  if (chance(3)) {
    add('not-username');
    use('tall user name');
  }
  if (chance(4)) {
    const counted = 1 + below(2);
    for (let i = 0; i < counted; i += 1) add('at-least', `${1 + below(3)} ${[set(), ...(chance(4) ? [set()] : [])].join(', ')}`);
    if (uses.has('max-consecutive')) use('counts against max-consecutive');
  }
  // Where characters are few, what differs soon cannot: those rules are about what people choose from.
  if (chance(6) && (uses.has('ascii-printable') || uses.has('unicode'))) {
    if (chance(2)) add('differs', 1 + below(min));
    else add('reuse', `${25 * (1 + below(4))}${chance(2) ? '%' : ''}`);
    if (uses.has('at-least')) use('difference and counts');
  }
  if (chance(6)) add('not-words', ['password', 'password,  welcome', 'abc,Summer , 2024'][below(3)]);
  if (chance(6) && (uses.has('ascii-printable') || uses.has('unicode') || uses.has('letter'))) add('max-sequence', 2 + below(3));
  if (chance(8)) add('changes-per-day', 1 + below(3));
  if (chance(6)) add('history', below(24));
  if (chance(6)) add('min-age-hours', below(72));
  for (let i = parts.length - 1; i > 0; i -= 1) {
    const j = below(i + 1);
    [parts[i], parts[j]] = [parts[j] ?? '', parts[i] ?? ''];
  }
  return { text: `${parts.join(chance(2) ? ';' : ' ; ')}${chance(2) ? ';' : ''}`, uses };
}
