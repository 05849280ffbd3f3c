import { Findings } from './findings.ts';
import type { Form } from './form.ts';
import { type Fields, isEmpty, isFields, isNumber } from './json.ts';
import { isSeed } from './oddities.ts';
import { isLink, type OneTimeCodes, readLink, readSettings, USUAL } from './otpauth.ts';
import type { Place } from './paths.ts';
import { type Codes, formOfLogin, type Login, type ReadInner, type Reading, unusable, type Unusable } from './reading.ts';
import { LOGIN_FIELDS, type LoginField, type Vocabulary } from './vocabulary.ts';

interface Inside {
  readonly vocabulary: Vocabulary;
  readonly at: Place;
  readonly read: ReadInner;
}

/** Reads an object as a login. */
export function readFields(object: Fields, inside: Inside): Reading {
  const found = new Findings();
  for (const [name, value] of Object.entries(object)) {
    const problem = readField(name, value, { ...inside, found });
    if (problem) return problem;
  }
  if (!found.fields.has('username') && !found.fields.has('password')) {
    const nested = readNested(found, inside);
    if (nested) return nested;
  }
  const missing = (['username', 'password'] as const).filter((field) => !found.fields.has(field));
  if (missing.length > 0) return unusable(inside.at, `the credentials have no ${missing.join(' and no ')}`);
  return loginOf(object, found);
}

function loginOf(object: Fields, found: Findings): Login {
  const { remarks, codes, places } = found;
  for (const field of LOGIN_FIELDS) if (found.fields.has(field) && field in found.rest) moveAside(field, found);
  const asItIs = Object.entries(found.parts).every(([name, form]) => 'field' in form && form.field === name && Object.keys(form).length === 1);
  if (asItIs) return { is: 'login', payload: object, form: null, shapes: [], codes, places, remarks };
  return {
    is: 'login',
    payload: { ...Object.fromEntries(found.fields), ...found.rest, ...unusual(codes) },
    form: { object: found.parts },
    shapes: [...found.shapes],
    codes,
    places,
    remarks,
  };
}

/** What a payload says of one-time codes that are not as nearly everybody's. */
const unusual = (codes: Codes | null): Fields => ({
  ...(codes && codes.digits !== USUAL.digits ? { mfa_digits: codes.digits } : {}),
  ...(codes && codes.algorithm !== USUAL.algorithm ? { mfa_algorithm: codes.algorithm } : {}),
});

/** `{"username": null, "user": "…"}`: the empty one says nothing. Anything else under a field's own name was taken for that field. */
function moveAside(field: LoginField, found: Findings): void {
  found.parts[field] = { is: found.rest[field] };
  Reflect.deleteProperty(found.rest, field);
}

type Reader = Inside & { readonly found: Findings };

function readField(name: string, value: unknown, reader: Reader): Unusable | null {
  const { found, vocabulary } = reader;
  const meaning = vocabulary.meaningOf(name);
  switch (meaning) {
    case null:
      return isLinkText(value) ? takeLink(name, value, { reader, form: asItIs }) : keep(found, name, value);
    case 'mfa_seed':
    case 'maybe_seed':
      return readSeed(name, value, meaning, reader);
    case 'username':
      // An object under a name that usually is a user's is looked into later.
      if (typeof value === 'object' && !isEmpty(value) && !isNumber(value)) return keep(found, name, value);
      return readOnlyText(name, value, meaning, reader);
    default:
      return readOnlyText(name, value, meaning, reader);
  }
}

const isLinkText = (value: unknown): value is string => typeof value === 'string' && isLink(value);
const asItIs = (form: Form): Form => form;

/** Of a second factor there are three ways to write it: as a link, as an object, as the seed alone. */
function readSeed(name: string, value: unknown, meaning: 'mfa_seed' | 'maybe_seed', reader: Reader): Unusable | null {
  if (isLinkText(value)) return takeLink(name, value, { reader, form: asItIs });
  if (isFields(value) && !isEmpty(value)) return readSeedObject(name, value, reader);
  return meaning === 'maybe_seed' ? readMaybeSeed(name, value, reader) : readOnlyText(name, value, meaning, reader);
}

/** For a field that can be nothing but a text. */
function readOnlyText(name: string, value: unknown, field: LoginField, reader: Reader): Unusable | null {
  const problem = readText(name, value, field, reader);
  if (problem) return problem;
  return reader.found.parts[name] === undefined ? unusable([...reader.at, name], 'is not a text') : null;
}

function keep(found: Findings, name: string, value: unknown): null {
  found.keep(name, value);
  return null;
}

function readText(name: string, value: unknown, field: LoginField, { found, at }: Reader): Unusable | null {
  const twice = () => unusable([...at, name], `is a second, different value for ${field}`);
  if (isEmpty(value)) {
    if (value === null && name === field) found.keep(name, value);
    else found.drop(name, value);
    return null;
  }
  if (isNumber(value)) {
    found.shapes.add('a number for a text');
    found.remarks.push({ place: [...at, name], says: 'was a number: zeros in front of it are lost since it was one' });
    return found.take(field, JSON.stringify(value), { name, at, form: { field, number: true } }) ? null : twice();
  }
  if (typeof value !== 'string') return null;
  const text = value.replace(/[\r\n]+$/, '');
  if (text !== text.trim()) found.remarks.push({ place: [...at, name], says: 'has blanks around it, which are kept' });
  if (text === value) return found.take(field, text, { name, at }) ? null : twice();
  found.shapes.add('a line end cut off');
  return found.take(field, text, { name, at, form: { field, after: value.slice(text.length) } }) ? null : twice();
}

function readMaybeSeed(name: string, value: unknown, reader: Reader): Unusable | null {
  if (typeof value === 'string' && isSeed(value)) return readText(name, value, 'mfa_seed', reader);
  if (!isEmpty(value) && value !== false) reader.found.remarks.push({ place: [...reader.at, name], says: 'speaks of a second factor, and is no seed' });
  return keep(reader.found, name, value);
}

interface LinkAt {
  readonly reader: Reader;
  /** Where the link's own form stands in that of the field. */
  readonly form: (link: Form) => Form;
}

function takeLink(name: string, text: string, { reader: { found, at }, form }: LinkAt): Unusable | null {
  const link = readLink(text);
  if (typeof link === 'string') return unusable([...at, name], `is ${link}`);
  found.shapes.add('an otpauth link');
  return takeSeed(name, link, { found, at, form: form({ field: 'mfa_seed', before: link.around[0], after: link.around[1] }) });
}

function takeSeed(
  name: string,
  codes: Codes & Pick<OneTimeCodes, 'seed'>,
  { found, at, form }: Pick<Reader, 'found' | 'at'> & { readonly form: Form },
): Unusable | null {
  const { seed, periodSeconds, digits, algorithm } = codes;
  found.codes = { periodSeconds, digits, algorithm };
  return found.take('mfa_seed', seed, { name, at, form }) ? null : unusable([...at, name], 'is a second, different value for mfa_seed');
}

const SEED_KEYS = ['secret', 'seed', 'key', 'value', 'base32', 'uri', 'url', 'link'];

/** `"mfa": {"type": "totp", "secret": "…", "digits": 8}` */
function readSeedObject(name: string, object: Fields, reader: Reader): Unusable | null {
  const [key, ...others] = Object.keys(object).filter(
    (inner) => SEED_KEYS.includes(inner.toLowerCase()) && typeof object[inner] === 'string' && !isEmpty(object[inner]),
  );
  const around =
    (inner: string) =>
    (form: Form): Form => ({
      object: Object.fromEntries(Object.entries(object).map(([field, value]) => [field, field === inner ? form : { is: value }])),
    });
  if (key === undefined) {
    reader.found.remarks.push({ place: [...reader.at, name], says: 'speaks of a second factor, and has no seed' });
    return keep(reader.found, name, object);
  }
  if (others.length > 0) return unusable([...reader.at, name], 'holds more than one seed');
  const text = object[key] as string;
  reader.found.shapes.add('a seed in an object');
  if (isLink(text)) return takeLink(name, text, { reader, form: around(key) });
  const textOf = (...names: string[]) =>
    Object.entries(object).flatMap(([field, value]) => (names.includes(field.toLowerCase()) && !isEmpty(value) ? [String(value)] : []))[0];
  const settings = readSettings({
    period: textOf('period', 'interval', 'step'),
    digits: textOf('digits', 'length'),
    algorithm: textOf('algorithm', 'algo', 'hash'),
  });
  if (typeof settings === 'string') return unusable([...reader.at, name], `has ${settings}`);
  return takeSeed(name, { ...settings, seed: text }, { ...reader, form: around(key)({ field: 'mfa_seed' }) });
}

/** The login may lie one level deeper: `{"login": {"user": "…", "pass": "…"}, "note": "…"}`. What lies beside it stays beside its fields. */
function readNested(found: Findings, { at, read }: Inside): Reading | null {
  const inner = Object.entries(found.rest).flatMap(([name, value]) => {
    if (typeof value !== 'object' && typeof value !== 'string') return [];
    const login = read(value, name);
    return login.is === 'login' ? [{ name, login }] : [];
  });
  const [only, ...more] = inner;
  if (!only) return null;
  if (more.length > 0) return unusable(at, `holds ${inner.length} logins`);
  const { [only.name]: _inner, ...beside } = found.rest;
  const seed = found.fields.get('mfa_seed');
  const around = { ...beside, ...(seed === undefined ? {} : { mfa_seed: seed }) };
  const clash = Object.keys(around).find((name) => name in only.login.payload);
  if (clash !== undefined) return unusable([...at, clash], 'stands beside the login and inside it');
  return {
    ...only.login,
    payload: { ...only.login.payload, ...around, ...unusual(found.codes) },
    form: { object: { ...found.parts, [only.name]: formOfLogin(only.login) } },
    shapes: ['nested', ...found.shapes, ...only.login.shapes],
    codes: only.login.codes ?? found.codes,
    places: new Map([...found.places, ...only.login.places]),
    remarks: [...found.remarks, ...only.login.remarks],
  };
}
