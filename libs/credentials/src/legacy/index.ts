/**
 * Logins as they lay in `integration_endpoint.config.credentials` before they were moved: what shapes they have, what each means, and whether a stored payload is what a row
 * says. For the migrator, and for agents while a migration is under way; nobody else reads a row's plaintext. It must never drop, change or print a value.
 */
export { canonicalFingerprint, compareTexts, type Likeness } from './compare.ts';
export { FORM, type Form, formOf, rebuild } from './form.ts';
export { canonicalText, type Fields, isEmpty, isFields, isNumber } from './json.ts';
export { readMappings } from './mappings.ts';
export { isSeed } from './oddities.ts';
export { isLink } from './otpauth.ts';
export { parsePath, pathOf, type Place, placesAt, valueAt } from './paths.ts';
export { readLogin } from './read-login.ts';
export { type FingerprintKey, fingerprintKeys, rowFingerprint } from './row-fingerprint.ts';
export { readRowLogin, type RowLogin, type RowOwner, type RowReading } from './row-login.ts';
export { LOGIN_FIELDS, type Vocabulary, vocabularyOf } from './vocabulary.ts';
export { wordsOf } from './words.ts';
