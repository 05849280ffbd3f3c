import { parseJsonExactly } from '@rcm/credentials';
import { type Fields, isEmpty, parsePath, pathOf, type Place, placesAt, readLogin, valueAt, type Vocabulary } from '@rcm/credentials/legacy';
import type { Secret } from '@rcm/telemetry';
import { type Finding, findElsewhere, holdsOther, secretsOf } from '../shapes/elsewhere.ts';

/** What a row's `config` holds, as far as it may be said. */
export interface Look {
  /** What lies at `config.credentials`; `null`: no such field. */
  readonly credentials: Secret<string> | null;
  /** Where a login lies instead, by the vocabulary's places. */
  readonly gatherFrom: readonly string[] | null;
  readonly elsewhere: readonly Finding[];
}

/** Looks over a whole `config`. `stored`: what the store holds for it, where that is known. */
export function lookInto(config: Secret<string>, vocabulary: Vocabulary, stored: Secret<Fields> | null = null): Look {
  const value = config.map((text) => parseJsonExactly(text) as Fields);
  const has = value.map((fields) => 'credentials' in fields).reveal();
  const gatherFrom = has ? null : value.map((fields) => placeOfLogin(fields, vocabulary)).reveal();
  const at = gatherFrom ?? ['credentials'];
  const credentials = value.map((fields) => JSON.stringify(valueAt(fields, at)));
  const known = value.map((fields) => {
    const reading = readLogin(valueAt(fields, at), vocabulary);
    return [...(reading.is === 'login' ? [reading.payload] : []), ...(stored ? [stored.reveal()] : [])];
  });
  const elsewhere = value
    .map((fields) =>
      findElsewhere(fields, { secrets: joined(known.reveal().map(secretsOf)), hidden: namesOf(known.reveal()), notSecrets: vocabulary.notSecrets }),
    )
    .reveal();
  return { credentials: has || gatherFrom ? credentials : null, gatherFrom, elsewhere };
}

const joined = (sets: readonly ReadonlySet<string>[]): Set<string> => new Set(sets.flatMap((set) => [...set]));

const namesOf = (payloads: readonly Fields[]): Set<string> =>
  new Set(payloads.flatMap(({ username, password }) => [username, password]).flatMap((text) => (typeof text === 'string' ? [text.toLowerCase()] : [])));

function placeOfLogin(config: Fields, vocabulary: Vocabulary): readonly string[] | null {
  for (const path of vocabulary.places) {
    const place = parsePath(path);
    if (place && !isEmpty(valueAt(config, place))) return place;
  }
  return null;
}

export interface Also {
  /** To be removed where nothing but what the store holds would go. */
  readonly paths: readonly string[];
  /** To be removed whatever lies there. */
  readonly otherPaths: readonly string[];
}

export interface Beside {
  /** What goes. */
  readonly places: readonly Place[];
  /** Paths at which the login's own secret would stay. */
  readonly sameLeft: readonly string[];
  /** Paths that were asked for, and hold something that is not the login's. */
  readonly otherLeft: readonly string[];
}

/**
 * What a person's `--also` takes out of a row beside its login: where nothing but the login's own would go, unless they said that it may be another. `stored`: the
 * store's payload, where the row holds none any more.
 */
export function lookBeside(
  config: Secret<string>,
  { vocabulary, paths, otherPaths, stored = null }: Also & { readonly vocabulary: Vocabulary; readonly stored?: Secret<Fields> | null },
): Beside {
  const value = config.map((text) => parseJsonExactly(text) as Fields);
  const secrets = value.map((fields) => {
    const reading = readLogin(fields.credentials, vocabulary);
    return joined([...(reading.is === 'login' ? [secretsOf(reading.payload)] : []), ...(stored ? [stored.map(secretsOf).reveal()] : [])]);
  });
  return value
    .map(({ credentials: _login, ...rest }) => {
      const meant = (written: readonly string[]) =>
        written.flatMap((path) => placesAt(rest, parsePath(path) ?? [''])).filter((place) => !isEmpty(valueAt(rest, place)));
      const isOther = (place: Place) => holdsOther(valueAt(rest, place), place, secrets.reveal());
      const places = [...meant(paths).filter((place) => !isOther(place)), ...meant(otherPaths)];
      const stays = (place: Place) => !places.some((gone) => gone.every((step, depth) => step === place[depth]));
      const same = lookInto(config, vocabulary, stored).elsewhere.filter((finding) => finding.why === 'same' && stays(finding.place));
      const other = meant(paths).filter((place) => isOther(place) && stays(place));
      return { places, sameLeft: [...new Set(same.map(({ path }) => path))], otherLeft: [...new Set(other.map((place) => pathOf(place)))] };
    })
    .reveal();
}

/** Shorter ones are in a data folder by chance. */
const SHORTEST_SOUGHT = 10;

/** The longest secret of a row's login, to be looked for once it is removed; `null`: none that would say anything. */
export function longestSecret(config: Secret<string>, vocabulary: Vocabulary): Secret<string> | null {
  const longest = config.map((text) => {
    const reading = readLogin((parseJsonExactly(text) as Fields).credentials, vocabulary);
    const secrets = reading.is === 'login' ? [...secretsOf(reading.payload)] : [];
    return secrets.reduce((one, other) => (other.length > one.length ? other : one), '');
  });
  return longest.map(({ length }) => length >= SHORTEST_SOUGHT).reveal() ? longest : null;
}
