/**
 * `npm start`: the whole platform on one machine, as real processes. Run as a program (`main.ts`); what is exported here is the
 * search for plaintext secrets, for tests that want to know whether something leaked. Threats: plaintext that stays somewhere
 * after the scrub, a process that outlives its run, two runs on one folder. It must never print a secret it found, touch what
 * it did not start, or pass the user's own AWS keys on to a process.
 */
export { type Form, type SecretForm, secretForms } from './search/forms.ts';
export { payloadSecrets } from './search/payload-secrets.ts';
export { type PlaintextHit, PlaintextSearch, type SecretKind, type SoughtSecret } from './search/scan.ts';
export { searchStatistics } from './search/statistics.ts';
