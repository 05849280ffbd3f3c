/** What a proof of hours has shown so far, of one commit alone, so that it goes on where it was ended. */
export { codeVersion } from './code-version.ts';
export { ProofRecord, type RecordKind } from './proof-record.ts';
export { RecordRefused, wordsOfRefusal } from './record-refused.ts';
