/** What another server of this kind is made of: it listens on this machine, keeps its data in SQLite and its values under a key in a file beside it. */
export { type Clock, systemClock } from './clock.ts';
export { listen, type Listening, parseJson, type Place, readBody } from './http/listen.ts';
export { seal, unseal } from './keys/sealed-box.ts';
export { type Output, processOutput, stopSignal } from './process.ts';
export { seededRandom } from './seeded-random.ts';
export { StartError, type StartErrorCode } from './start-error.ts';
export { KEY_BYTES, readKeyFile, writeKeyFile } from './storage/key-file.ts';
export { type Lock, lockBeside, openLocked } from './storage/lock.ts';
export { replaceFile } from './storage/replace-file.ts';
export { BUSY_WAIT_MS, type Database, isEmpty, pragma, wrap, WRITE_THROUGH } from './storage/sqlite.ts';
